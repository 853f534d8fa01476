"""The heart of dispatch: whatever is announced, each event goes on exactly once, in order."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from hub.core.events import Event, Position
from hub.core.sequence import Sequence


def events_from(first: int, last: int, *, data: str = "") -> list[Event]:
    """Return the events of these offsets."""
    return [Event(offset, "t", "", data) for offset in range(first, last + 1)]


def sequence_at(offset: int, *, ring_size: int = 10, ring_bytes: int = 10_000) -> Sequence[Event]:
    """Return a process's knowledge of a stream that stood at an offset when it began to follow it."""
    return Sequence(Position("e1", offset), ring_size, ring_bytes)


def offsets_of(events: list[Event] | None) -> list[int | None] | None:
    """Return the offsets of events, or None for None."""
    return None if events is None else [event.offset for event in events]


def test_what_follows_goes_on_at_once() -> None:
    sequence = sequence_at(5)
    assert offsets_of(sequence.accept(events_from(6, 8))) == [6, 7, 8]
    assert sequence.position == Position("e1", 8)
    assert not sequence.behind


def test_what_came_before_is_dropped() -> None:
    sequence = sequence_at(5)
    assert offsets_of(sequence.accept(events_from(4, 6))) == [6]
    assert sequence.accept(events_from(4, 6)) == []
    assert not sequence.behind


def test_what_comes_too_early_must_be_read_from_the_log() -> None:
    sequence = sequence_at(5)
    assert sequence.accept(events_from(7, 8)) == []
    assert sequence.behind
    assert sequence.position == Position("e1", 5)
    assert offsets_of(sequence.accept(events_from(6, 8))) == [6, 7, 8]
    assert not sequence.behind


def test_a_hole_within_an_announcement_ends_what_goes_on() -> None:
    sequence = sequence_at(0)
    assert offsets_of(sequence.accept([*events_from(1, 2), *events_from(4, 5)])) == [1, 2]
    assert sequence.behind


def test_an_announcement_without_events_says_that_there_are_some() -> None:
    sequence = sequence_at(5)
    assert sequence.accept([], head=7) == []
    assert (sequence.behind, sequence.known_head) == (True, 7)


def test_an_old_head_says_nothing() -> None:
    sequence = sequence_at(5)
    sequence.accept([], head=3)
    assert (sequence.behind, sequence.known_head) == (False, 5)


def test_an_ephemeral_event_has_no_place_here() -> None:
    with pytest.raises(ValueError, match="an ephemeral event has no place in a sequence"):
        sequence_at(0).accept([Event(None, "typing", "", "{}")])


def test_the_ring_serves_who_comes_back() -> None:
    sequence = sequence_at(5)
    sequence.accept(events_from(6, 8))
    assert offsets_of(sequence.since(5)) == [6, 7, 8]
    assert offsets_of(sequence.since(7)) == [8]
    assert sequence.since(8) == sequence.since(9) == []


def test_the_ring_does_not_reach_back_before_its_process_began() -> None:
    sequence = sequence_at(5)
    assert sequence.since(4) is None
    assert sequence.since(5) == []
    sequence.accept(events_from(6, 6))
    assert sequence.since(4) is None


def test_the_ring_keeps_no_more_events_than_it_may() -> None:
    sequence = sequence_at(0, ring_size=3)
    sequence.accept(events_from(1, 5))
    assert sequence.since(1) is None
    assert offsets_of(sequence.since(2)) == [3, 4, 5]


def test_the_ring_keeps_no_more_bytes_than_it_may() -> None:
    sequence = sequence_at(0, ring_bytes=1_000)
    sequence.accept(events_from(1, 5, data="x" * 300))
    assert sequence.since(2) is None
    assert offsets_of(sequence.since(3)) == [4, 5]


def test_an_event_too_large_for_the_ring_goes_on_all_the_same() -> None:
    sequence = sequence_at(0, ring_bytes=1_000)
    assert offsets_of(sequence.accept([*events_from(1, 1), *events_from(2, 2, data="x" * 1_000)])) == [1, 2]
    assert sequence.since(1) is None
    sequence.accept(events_from(3, 3))
    assert offsets_of(sequence.since(2)) == [3]


def test_without_a_ring_everything_is_read_from_the_log() -> None:
    sequence = sequence_at(0, ring_size=0)
    assert offsets_of(sequence.accept(events_from(1, 2))) == [1, 2]
    assert sequence.since(1) is None
    assert sequence.since(2) == []


RING_SIZE = 5
RING_BYTES = 700


class SequenceMachine(RuleBasedStateMachine):
    """A log that grows, announcements that are lost, doubled and reordered, and reads of the log."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[Event] = events_from(1, 3)
        self.sequence = sequence_at(3, ring_size=RING_SIZE, ring_bytes=RING_BYTES)
        self.greatest_head = 3
        self.passed_on: list[Event] = []

    def accept(self, events: list[Event], head: int) -> None:
        self.greatest_head = max(self.greatest_head, head, *(event.offset or 0 for event in events), 0)
        self.passed_on += self.sequence.accept(events, head)

    @rule(sizes=st.lists(st.integers(0, 900), min_size=1, max_size=4))
    def commit(self, sizes: list[int]) -> None:
        for size in sizes:
            self.log.append(Event(len(self.log) + 1, "t", "", "x" * size))

    @rule(data=st.data())
    def announce(self, data: st.DataObject) -> None:
        first = data.draw(st.integers(0, len(self.log)), "first")
        carried = data.draw(st.lists(st.booleans(), max_size=len(self.log) - first), "carried")
        head = data.draw(st.integers(0, len(self.log)), "head")
        self.accept([event for event, is_carried in zip(self.log[first:], carried, strict=False) if is_carried], head)

    @rule(count=st.integers(0, 4))
    def read_the_log(self, count: int) -> None:
        self.accept(self.log[self.sequence.offset :][:count], 0)

    @rule(count=st.integers(1, 4), before=st.integers(0, 4))
    def read_the_log_from_where_it_was_a_while_ago(self, count: int, before: int) -> None:
        self.accept(self.log[max(0, self.sequence.offset - before) :][:count], 0)

    @invariant()
    def each_event_went_on_exactly_once_and_in_order(self) -> None:
        assert self.passed_on == self.log[3 : self.sequence.offset]

    @invariant()
    def it_knows_whether_it_is_behind(self) -> None:
        assert self.sequence.known_head == self.greatest_head
        assert self.sequence.behind is (self.greatest_head > self.sequence.offset)

    @invariant()
    def the_ring_is_the_end_of_what_went_on(self) -> None:
        here = self.sequence.offset
        kept = self._kept()
        for offset in range(here + 2):
            expected = self.log[offset:here] if offset >= here - kept else None
            assert self.sequence.since(offset) == expected

    def _kept(self) -> int:
        """Count the last events that went on and fit the ring."""
        used = 0
        for count, event in enumerate(reversed(self.passed_on)):
            used += event.size
            if count == RING_SIZE or used > RING_BYTES:
                return count
        return len(self.passed_on)

    def teardown(self) -> None:
        self.accept(self.log[self.sequence.offset :], len(self.log))
        assert self.passed_on == self.log[3:]
        assert not self.sequence.behind


TestSequence = SequenceMachine.TestCase
