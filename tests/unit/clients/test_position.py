"""The position logic against every order of events that a broken server could think of."""

from hypothesis import given
from hypothesis import strategies as st

from clients.position import Gap, Lost, Position, Tracker, Verdict

EPOCHS = ("a", "b")
HEAD = 9


def test_without_a_position_the_first_hello_gives_it() -> None:
    tracker = Tracker()
    assert tracker.query == {}
    assert tracker.hello("a", 41, recovered=True) is None
    assert tracker.query == {"since": "41", "epoch": "a"}


def test_an_offset_without_an_epoch_takes_the_epoch_of_the_hello() -> None:
    tracker = Tracker(since=7)
    assert tracker.query == {"since": "7"}
    assert tracker.hello("a", 7, recovered=True) is None
    assert tracker.position == Position("a", 7)


def test_the_next_event_is_delivered_and_stepped_over() -> None:
    tracker = joined(at=4)
    assert tracker.event(5) is Verdict.DELIVER
    assert tracker.event(6) is Verdict.DELIVER
    assert tracker.position == Position("a", 6)


def test_an_event_that_comes_again_is_a_duplicate() -> None:
    tracker = joined(at=4)
    assert tracker.event(4) is Verdict.DUPLICATE
    assert tracker.position == Position("a", 4)


def test_a_gap_is_not_passed_over_even_by_what_comes_after_it() -> None:
    tracker = joined(at=4)
    assert tracker.event(7) == Gap(after=4, got=7)
    assert tracker.event(5) is Verdict.STALE
    assert tracker.event(None) is Verdict.STALE
    assert tracker.query == {"since": "4", "epoch": "a"}


def test_a_new_hello_mends_a_gap() -> None:
    tracker = joined(at=4)
    tracker.event(7)
    assert tracker.hello("a", 4, recovered=True) is None
    assert [tracker.event(offset) for offset in (5, 6, 7)] == [Verdict.DELIVER] * 3


def test_a_hello_that_skips_events_is_a_gap() -> None:
    tracker = joined(at=4)
    assert tracker.hello("a", 6, recovered=True) == Gap(after=4, got=7)
    assert tracker.event(7) is Verdict.STALE
    assert tracker.position == Position("a", 4)


def test_a_hello_from_further_back_leads_to_duplicates_only() -> None:
    tracker = joined(at=4)
    assert tracker.hello("a", 2, recovered=True) is None
    assert [tracker.event(offset) for offset in (3, 4, 5)] == [Verdict.DUPLICATE, Verdict.DUPLICATE, Verdict.DELIVER]


def test_a_position_that_is_not_recovered_is_given_up_for_the_servers() -> None:
    tracker = joined(at=4)
    assert tracker.hello("b", 1, recovered=False) == Lost(Position("a", 4), Position("b", 1))
    assert tracker.event(2) is Verdict.DELIVER
    assert tracker.position == Position("b", 2)


def test_another_epoch_is_a_loss_even_if_the_server_calls_it_recovered() -> None:
    tracker = joined(at=4)
    assert tracker.hello("b", 4, recovered=True) == Lost(Position("a", 4), Position("b", 4))


def test_not_recovered_means_nothing_to_a_reader_that_asked_for_no_position() -> None:
    assert Tracker().hello("a", 3, recovered=False) is None


def test_an_ephemeral_event_is_delivered_and_moves_nothing() -> None:
    tracker = joined(at=4)
    assert tracker.event(None) is Verdict.DELIVER
    assert tracker.position == Position("a", 4)


def test_an_event_before_any_hello_is_stale() -> None:
    assert Tracker(since=4, epoch="a").event(5) is Verdict.STALE


def test_what_is_left_of_a_lost_connection_is_stale() -> None:
    tracker = joined(at=4)
    tracker.disconnected()
    assert tracker.event(5) is Verdict.STALE


def test_gap_and_loss_name_the_offsets_to_a_person() -> None:
    assert str(Gap(after=4, got=7)) == "gap: expected offset 5, got 7"
    assert "offset 4 (epoch a)" in str(Lost(Position("a", 4), Position("b", 1)))
    assert "epoch not given" in str(Lost(Position(None, 4), Position("b", 1)))


def joined(at: int) -> Tracker:
    tracker = Tracker()
    assert tracker.hello("a", at, recovered=True) is None
    return tracker


class Reader:
    """Follows the tracker as the subscriber does, and checks each verdict against what a reader is promised."""

    def __init__(self, tracker: Tracker) -> None:
        self.tracker = tracker
        self.last = tracker.position
        """The event that was delivered last, or the position that was asked for, or given as lost, since."""

    def connect(self, epoch: str, skipped: int) -> bool:
        """Take an honest server's hello, unless it skips; return whether the connection is of use."""
        asked = self.tracker.position
        known = asked is None or (asked.epoch in (None, epoch) and asked.offset <= HEAD)
        offset = min(HEAD, asked.offset + skipped) if known and asked is not None else skipped
        outcome = self.tracker.hello(epoch, offset, recovered=known)
        if asked is None or isinstance(outcome, Lost):
            self.last = Position(epoch, offset)
        elif asked.epoch is None:
            self.last = Position(epoch, asked.offset)
        return not isinstance(outcome, Gap)

    def receive(self, offset: int) -> bool:
        """Take an event; return whether the connection is still of use."""
        assert self.last is not None
        following = self.last.offset + 1
        verdict = self.tracker.event(offset)
        if isinstance(verdict, Gap):
            assert offset > following, "a gap was reported where there is none"
            return False
        if verdict is Verdict.DUPLICATE:
            assert offset < following, "an event was dropped that was never delivered"
            return True
        assert verdict is Verdict.DELIVER
        assert offset == following, "an event was delivered twice, out of order or after a hole"
        self.last = Position(self.last.epoch, offset)
        assert self.tracker.position == self.last
        return True


connections = st.lists(
    st.tuples(st.sampled_from(EPOCHS), st.integers(0, 3), st.lists(st.integers(1, HEAD), max_size=25)), max_size=6
)


@given(st.none() | st.integers(0, HEAD + 3), st.none() | st.sampled_from(EPOCHS), connections)
def test_whatever_comes_each_event_is_delivered_once_and_in_order_or_a_loss_is_reported(
    since: int | None, epoch: str | None, script: list[tuple[str, int, list[int]]]
) -> None:
    reader = Reader(Tracker(since, epoch))
    for server_epoch, skipped, offsets in script:
        if reader.connect(server_epoch, skipped):
            for offset in offsets:
                if not reader.receive(offset):
                    break
        reader.tracker.disconnected()
    # Given a server that works at last, I expect the reader to reach the head, whatever was before.
    assert reader.connect("a", skipped=0)
    position = reader.tracker.position
    assert position is not None
    assert all(reader.receive(offset) for offset in range(position.offset + 1, HEAD + 1))
    assert reader.tracker.position == Position("a", HEAD)
