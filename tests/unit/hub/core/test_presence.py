"""The connections of one process: whatever comes, goes, fails and is lost, what is recorded ends up right."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hub.core.presence import Attendance, Changes, Entry

STREAMS = st.sampled_from(["t:a", "t:b"])
USERS = st.integers(1, 3)


def recorded_by(attendance: Attendance, limit: int = 100) -> list[Entry]:
    """Hand over what waits, as recorded."""
    entries = attendance.take(limit)
    attendance.confirm(entries)
    return entries


def test_a_user_is_recorded_with_the_number_of_connections() -> None:
    attendance = Attendance()
    attendance.enter("t:a", 1)
    attendance.enter("t:a", 1)
    attendance.enter("t:b", 1)
    assert recorded_by(attendance) == [Entry("t:a", 1, 2), Entry("t:b", 1, 1)]
    assert recorded_by(attendance) == []


def test_whoever_comes_and_goes_before_it_is_recorded_needs_no_word() -> None:
    attendance = Attendance()
    attendance.enter("t:a", 1)
    attendance.leave("t:a", 1)
    assert recorded_by(attendance) == []
    assert len(attendance) == 0


def test_a_page_that_is_loaded_anew_needs_no_word() -> None:
    attendance = Attendance()
    attendance.enter("t:a", 1)
    recorded_by(attendance)
    attendance.leave("t:a", 1)
    attendance.enter("t:a", 1)
    assert recorded_by(attendance) == []


def test_what_changed_first_is_recorded_first_and_the_rest_later() -> None:
    attendance = Attendance()
    for user_id in (1, 2, 3):
        attendance.enter("t:a", user_id)
    assert [entry.user_id for entry in recorded_by(attendance, 2)] == [1, 2]
    assert [entry.user_id for entry in recorded_by(attendance, 2)] == [3]


def test_a_connection_that_was_never_counted_cannot_leave() -> None:
    attendance = Attendance()
    with pytest.raises(ValueError, match="expected user 1 to have a connection to 't:a'"):
        attendance.leave("t:a", 1)


def test_what_may_not_have_arrived_is_recorded_again_even_when_it_is_as_before() -> None:
    attendance = Attendance()
    attendance.enter("t:a", 1)
    recorded_by(attendance)
    attendance.leave("t:a", 1)
    attendance.put_back(attendance.take(10))
    attendance.enter("t:a", 1)
    # The zero may have arrived.
    assert recorded_by(attendance) == [Entry("t:a", 1, 1)]


def test_only_what_is_known_to_be_recorded_is_restored_silently() -> None:
    attendance = Attendance()
    attendance.enter("t:a", 1)
    recorded_by(attendance)
    attendance.enter("t:a", 2)
    attendance.put_back(attendance.take(10))
    assert attendance.recorded() == [Entry("t:a", 1, 1)]


def test_a_process_that_is_forgotten_records_all_it_has() -> None:
    attendance = Attendance()
    attendance.enter("t:a", 1)
    attendance.enter("t:a", 2)
    recorded_by(attendance)
    attendance.leave("t:a", 2)
    attendance.forget()
    assert recorded_by(attendance) == [Entry("t:a", 1, 1)]


def test_changes_are_something_only_where_there_is_one() -> None:
    assert not Changes()
    assert Changes(vacated=["t:a"])


class Recording(RuleBasedStateMachine):
    """A process whose writes arrive, fail, or arrive without anybody knowing; and a Redis that loses everything."""

    def __init__(self) -> None:
        super().__init__()
        self.attendance = Attendance()
        self.here: dict[tuple[str, int], int] = {}
        self.redis: dict[tuple[str, int], int] = {}

    def write(self, entries: list[Entry]) -> None:
        for entry in entries:
            self.redis[entry.stream, entry.user_id] = entry.connections

    @rule(stream=STREAMS, user=USERS)
    def enter(self, stream: str, user: int) -> None:
        self.attendance.enter(stream, user)
        self.here[stream, user] = self.here.get((stream, user), 0) + 1

    @precondition(lambda self: any(self.here.values()))
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(key for key, count in self.here.items() if count)))
        self.attendance.leave(*key)
        self.here[key] -= 1

    @rule(limit=st.integers(1, 4))
    def record(self, limit: int) -> None:
        entries = self.attendance.take(limit)
        self.write(entries)
        self.attendance.confirm(entries)

    @rule(limit=st.integers(1, 4), arrived=st.booleans())
    def fail(self, limit: int, arrived: bool) -> None:
        entries = self.attendance.take(limit)
        if arrived:
            self.write(entries)
        self.attendance.put_back(entries)

    @rule()
    def lose_everything(self) -> None:
        self.redis.clear()
        self.write(self.attendance.recorded())

    @rule()
    def be_counted_as_dead(self) -> None:
        self.redis.clear()
        self.attendance.forget()

    @invariant()
    def nothing_is_restored_that_was_not_recorded(self) -> None:
        for entry in self.attendance.recorded():
            assert self.redis[entry.stream, entry.user_id] == entry.connections

    @invariant()
    def there_are_as_many_entries_as_users_in_streams(self) -> None:
        assert len(self.attendance) == sum(1 for count in self.here.values() if count)

    def teardown(self) -> None:
        while entries := self.attendance.take(2):
            self.write(entries)
            self.attendance.confirm(entries)
        there = {key: count for key, count in self.redis.items() if count}
        assert there == {key: count for key, count in self.here.items() if count}


TestRecording = Recording.TestCase
