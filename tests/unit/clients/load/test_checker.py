"""The checker: each verdict is given for a planted fault, and for nothing else."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.load.checker import GRACE, Verdict, check, count
from clients.load.history import Closed, Head, Member, Opened, Outcome, Posted, Record, Seen

STREAM = "chat:lobby"
EPOCH = "e1"


def posted(number: int, *outcomes: Outcome, stream: str = STREAM) -> list[Record]:
    """Return the record of a post: its beginning, and how its attempts ended."""
    return [Posted("run", stream, f"key-{number}", outcome, float(number)) for outcome in (Outcome.INVOKE, *outcomes)]


def seen(client: str, number: int, *, session: int = 1, key: int | None = None, t: float | None = None) -> Seen:
    """Return what a reader got at an offset: by default the post of the same number."""
    number_of_post = number if key is None else key
    at = float(number) if t is None else t
    return Seen(client, session, STREAM, EPOCH, number, f"key-{number_of_post}", f"digest-{number_of_post}", at)


def opened(client: str, *, session: int = 1, offset: int = 0, t: float = 0.0) -> Opened:
    """Return a hello."""
    return Opened(client, session, STREAM, EPOCH, offset, True, t)


def good(events: int = 4, clients: Sequence[str] = ("a", "b")) -> list[Record]:
    """Return a history in which nothing is wrong."""
    records: list[Record] = [opened(client) for client in clients]
    for number in range(1, events + 1):
        records += posted(number, Outcome.OK)
        records += [seen(client, number) for client in clients]
    return [*records, Head(STREAM, EPOCH, events)]


def without(records: list[Record], *gone: Record) -> list[Record]:
    """Return the history without some records, which were in it."""
    assert all(record in records for record in gone)
    return [record for record in records if record not in gone]


def before_the_end(records: list[Record], *more: Record) -> list[Record]:
    """Return the history with records added before its last one."""
    return [*records[:-1], *more, records[-1]]


def verdicts(records: list[Record]) -> dict[Verdict, int]:
    """Return how often each verdict is given for a history."""
    return dict(count(check(records)))


def test_a_history_in_which_all_is_well_is_not_complained_of() -> None:
    assert verdicts(good()) == {}


def test_an_empty_history_is_not_complained_of() -> None:
    assert verdicts([]) == {}


def test_the_last_post_that_a_reader_did_not_see_is_lost_and_its_reader_is_stuck() -> None:
    assert verdicts(without(good(), seen("b", 4))) == {Verdict.LOST: 1, Verdict.STUCK: 1}


def test_a_post_that_a_reader_skipped_is_lost_and_leaves_a_hole() -> None:
    assert verdicts(without(good(), seen("b", 2))) == {Verdict.LOST: 1, Verdict.HOLE: 1}


def test_a_post_lost_by_a_reader_who_went_away_for_good_is_lost_all_the_same() -> None:
    gone = before_the_end(without(good(), seen("b", 4)), Closed("b", 1, STREAM, 1006, 5.0))
    assert verdicts(gone) == {Verdict.LOST: 1}


def test_an_event_that_is_no_post_leaves_a_hole_when_it_is_skipped() -> None:
    history = good()
    other = Seen("a", 1, STREAM, EPOCH, 5, None, "joined", 5.0)
    later = [seen("a", 6, key=6), seen("b", 6, key=6)]
    whole = [*history[:-1], *posted(6, Outcome.OK), other, replace(other, client="b"), *later, Head(STREAM, EPOCH, 6)]
    assert verdicts(whole) == {}
    assert verdicts(without(whole, other)) == {Verdict.HOLE: 1}


def test_an_offset_that_comes_twice_is_doubled_also_after_a_reconnect() -> None:
    again = before_the_end(good(), opened("a", session=2, offset=4), seen("a", 4, session=2))
    assert verdicts(again) == {Verdict.DUP: 1}


def test_a_key_that_comes_at_two_offsets_is_doubled() -> None:
    twice = [*good()[:-1], seen("a", 5, key=4), seen("b", 5, key=4), Head(STREAM, EPOCH, 5)]
    assert verdicts(twice) == {Verdict.DUP: 2}


def test_an_offset_after_a_higher_one_is_out_of_order() -> None:
    history = good(clients=("a",))
    third, fourth = history.index(seen("a", 3)), history.index(seen("a", 4))
    history[third], history[fourth] = history[fourth], history[third]
    assert verdicts(history) == {Verdict.ORDER: 1}


def test_another_connection_may_begin_at_a_lower_offset() -> None:
    history = without(good(), seen("b", 3), seen("b", 4))
    back: list[Record] = [Closed("b", 1, STREAM, 3001, 4.5), opened("b", session=2, offset=2, t=5.0)]
    caught_up: list[Record] = [seen("b", 3, session=2, t=5.0), seen("b", 4, session=2, t=5.0)]
    assert verdicts(before_the_end(history, *back, *caught_up)) == {}


def test_two_events_under_one_offset_diverge() -> None:
    history = good()
    history[history.index(seen("b", 2))] = replace(seen("b", 2), digest="another")
    assert verdicts(history) == {Verdict.DIVERGE: 1}


@pytest.mark.parametrize("outcomes", [(Outcome.FAIL,), (Outcome.FAIL, Outcome.FAIL)])
def test_a_refused_post_that_is_seen_is_a_phantom(outcomes: tuple[Outcome, ...]) -> None:
    history = [*good()[:-1], *posted(5, *outcomes[:1]), seen("a", 5), seen("b", 5), Head(STREAM, EPOCH, 5)]
    assert verdicts(history) == {Verdict.PHANTOM: 2}


def test_a_post_that_was_never_made_is_a_phantom() -> None:
    assert verdicts([*good()[:-1], seen("a", 5), seen("b", 5), Head(STREAM, EPOCH, 5)]) == {Verdict.PHANTOM: 2}


def test_a_post_into_another_stream_is_a_phantom() -> None:
    elsewhere = posted(5, Outcome.OK, stream="chat:support")
    history = [*good()[:-1], *elsewhere, seen("a", 5), seen("b", 5), Head(STREAM, EPOCH, 5)]
    assert verdicts(history) == {Verdict.PHANTOM: 2}


@pytest.mark.parametrize("outcomes", [(), (Outcome.INFO,), (Outcome.INFO, Outcome.FAIL)])
def test_a_post_of_unknown_outcome_may_appear_once_or_not_at_all(outcomes: tuple[Outcome, ...]) -> None:
    unknown = posted(5, *outcomes)
    assert verdicts([*good(), *unknown]) == {}
    shown = [*good()[:-1], *unknown, seen("a", 5), seen("b", 5), Head(STREAM, EPOCH, 5)]
    assert verdicts(shown) == {}
    twice = [*shown[:-1], seen("a", 6, key=5), seen("b", 6, key=5), Head(STREAM, EPOCH, 6)]
    assert verdicts(twice) == {Verdict.DUP: 2}


def test_a_post_that_succeeded_in_the_end_is_due() -> None:
    history = [*good(), *posted(5, Outcome.INFO, Outcome.OK)]
    assert verdicts(history) == {Verdict.LOST: 2}


def test_what_comes_after_the_end_of_a_membership_leaks_when_the_grace_is_over() -> None:
    member = Member("b", STREAM, 0.0, 3.0)
    assert verdicts([member, *good()]) == {}
    late = [replace(record, t=3.5 + GRACE) if record == seen("b", 4) else record for record in good()]
    assert verdicts([member, *late]) == {Verdict.LEAK: 1}


def test_what_is_posted_outside_a_membership_is_not_due() -> None:
    history = without(good(), seen("b", 4))
    gone = before_the_end(history, Closed("b", 1, STREAM, 3507, 3.9))
    assert verdicts([Member("b", STREAM, 0.0, 3.5), *gone]) == {}


def test_a_reader_who_never_got_in_is_due_nothing() -> None:
    assert verdicts([*good(), Closed("late", 1, STREAM, 403, 9.0)]) == {}


def test_a_reader_who_came_later_is_due_what_was_posted_from_then_on() -> None:
    late: list[Record] = [opened("c", offset=2, t=2.5), seen("c", 3)]
    assert verdicts(before_the_end(good(), *late, seen("c", 4))) == {}
    assert verdicts(before_the_end(good(), *late)) == {Verdict.LOST: 1, Verdict.STUCK: 1}


def test_an_open_reader_of_another_epoch_than_the_end_is_stuck() -> None:
    history = good(clients=("a",))
    other = [replace(record, epoch="e2") if isinstance(record, Head) else record for record in history]
    assert verdicts(other) == {Verdict.STUCK: 1}


@given(data=st.data(), events=st.integers(2, 8), clients=st.integers(1, 3))
def test_any_loss_and_any_repetition_is_found(data: st.DataObject, events: int, clients: int) -> None:
    history = good(events, [f"client-{number}" for number in range(clients)])
    place = data.draw(st.sampled_from([n for n, record in enumerate(history) if isinstance(record, Seen)]))
    plant: Callable[[list[Record], int], list[Record]]
    plant, verdict = data.draw(
        st.sampled_from(
            [
                (lambda records, n: [*records[:n], *records[n + 1 :]], Verdict.LOST),
                (lambda records, n: [*records[: n + 1], *records[n:]], Verdict.DUP),
            ]
        )
    )
    assert verdicts(plant(history, place))[verdict] == 1


@given(st.permutations(range(1, 6)))
def test_any_other_order_than_that_of_the_offsets_is_found(order: list[int]) -> None:
    posts = [record for number in range(1, 6) for record in posted(number, Outcome.OK)]
    history = [opened("a"), *posts, *(seen("a", number) for number in order), Head(STREAM, EPOCH, 5)]
    assert (Verdict.ORDER in verdicts(history)) == (order != sorted(order))
