"""The checker, of a stream whose log was put back to an older copy: each verdict is given for a planted fault.

Of four posts of the first life two are in the copy; the new life goes on from there with two others.
"""

from dataclasses import replace

from clients.load.checker import Verdict, check, count
from clients.load.history import Closed, Head, Loaded, Opened, Outcome, Posted, Record, Seen

STREAM = "chat:lobby"
CLIENTS = ("a", "b")


def posted(key: str, t: float) -> list[Record]:
    """Return the record of a post that succeeded."""
    return [Posted("run", STREAM, key, outcome, t) for outcome in (Outcome.INVOKE, Outcome.OK)]


def seen(client: str, epoch: str, offset: int, key: str) -> Seen:
    """Return what a reader got, in its first connection of each life."""
    session, t = (1, 0.0) if epoch == "e1" else (3, 20.0)
    return Seen(client, session, STREAM, epoch, offset, key, f"digest-{key}", t + offset)


def told(client: str) -> Opened:
    """Return the hello after the restore: the reader cannot go on."""
    return Opened(client, 2, STREAM, "e2", 2, False, 20.0)


def loaded(client: str) -> Loaded:
    """Return the snapshot after the restore: what was in the copy."""
    return Loaded(client, 2, STREAM, "e2", 2, ("one", "two"), 20.0)


def resumed(client: str) -> Opened:
    """Return the hello after the snapshot."""
    return Opened(client, 3, STREAM, "e2", 2, True, 20.0)


def restored() -> list[Record]:
    """Return a history in which a copy was restored, and nothing is wrong."""
    records: list[Record] = [Opened(client, 1, STREAM, "e1", 0, True, 0.0) for client in CLIENTS]
    for offset, key in enumerate(("one", "two", "three", "four"), start=1):
        records += [*posted(key, float(offset)), *(seen(client, "e1", offset, key) for client in CLIENTS)]
    for client in CLIENTS:
        closed = (Closed(client, 1, STREAM, 3001, 10.0), Closed(client, 2, STREAM, 1005, 20.0, True))
        records += [closed[0], told(client), closed[1], loaded(client), resumed(client)]
    for offset, key in ((3, "five"), (4, "six"), (5, "seven")):
        records += [*posted(key, 20.0 + offset), *(seen(client, "e2", offset, key) for client in CLIENTS)]
    return [*records, Head(STREAM, "e2", 5)]


def changed(records: list[Record], *changes: tuple[Record, Record | None]) -> list[Record]:
    """Return the history with records replaced, or taken out where there is no other."""
    for old, new in changes:
        place = records.index(old)
        records = [*records[:place], *([new] if new else []), *records[place + 1 :]]
    return records


def verdicts(records: list[Record], lives: int = 2) -> dict[Verdict, int]:
    """Return how often each verdict is given for a history."""
    return dict(count(check(records, lives=lives)))


def test_a_restore_that_every_reader_was_told_of_is_not_complained_of() -> None:
    assert verdicts(restored()) == {}


def test_a_restore_in_a_run_that_was_to_have_none_resets_every_reader() -> None:
    assert verdicts(restored(), lives=1) == {Verdict.RESET: 2}


def test_a_reader_that_is_sent_back_in_the_life_that_it_stood_in_was_reset() -> None:
    again = replace(told("a"), session=3)
    assert verdicts(changed(restored(), (resumed("a"), again))) == {Verdict.RESET: 1}


def test_a_reader_that_goes_on_in_a_new_life_without_a_snapshot_mixes_two() -> None:
    on = replace(told("a"), recovered=True)
    skipped = changed(restored(), (told("a"), on), (loaded("a"), None))
    assert verdicts(skipped) == {Verdict.MIXED: 1}


def test_an_event_of_a_new_life_that_is_shown_as_of_the_old_one_mixes_two() -> None:
    # It was never told, and stood at 4 when the restored log came to 5.
    gone = [(record, None) for record in (told("a"), loaded("a"), resumed("a"))]
    unseen = [(seen("a", "e2", offset, key), None) for offset, key in ((3, "five"), (4, "six"))]
    wrong = (seen("a", "e2", 5, "seven"), replace(seen("a", "e1", 5, "seven"), t=25.0))
    found = verdicts(changed(restored(), *gone, *unseen, wrong))
    assert found[Verdict.MIXED] == 1
    assert set(found) == {Verdict.MIXED, Verdict.LOST}


def test_two_lives_under_one_epoch_diverge() -> None:
    under_one = [
        replace(record, epoch="e1") if isinstance(record, Opened | Loaded | Seen | Head) else record
        for record in restored()
    ]
    assert Verdict.DIVERGE in verdicts(under_one)


def test_a_post_that_a_snapshot_lacks_is_lost() -> None:
    # It had seen one event when the hub was stopped.
    rest = [(seen("b", "e1", offset, key), None) for offset, key in ((2, "two"), (3, "three"), (4, "four"))]
    history = changed(restored(), *rest)
    assert verdicts(history) == {}
    assert verdicts(changed(history, (loaded("b"), replace(loaded("b"), keys=("one",))))) == {Verdict.LOST: 1}


def test_a_post_of_the_new_life_is_due_like_any_other() -> None:
    assert verdicts(changed(restored(), (seen("b", "e2", 4, "six"), None))) == {Verdict.LOST: 1, Verdict.HOLE: 1}


def test_a_post_that_went_with_the_old_life_may_be_made_again() -> None:
    def made_again(client: str, offset: int) -> Seen:
        return replace(seen(client, "e2", offset, "four"), digest=f"digest-{offset}")

    again = [(seen(client, "e2", 4, "six"), made_again(client, 4)) for client in CLIENTS]
    without = [(record, None) for record in posted("six", 24.0)]
    assert verdicts(changed(restored(), *again, *without)) == {}
    twice = [(seen(client, "e2", 5, "seven"), made_again(client, 5)) for client in CLIENTS]
    without += [(record, None) for record in posted("seven", 25.0)]
    assert verdicts(changed(restored(), *again, *twice, *without)) == {Verdict.DUP: 2}
