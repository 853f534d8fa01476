"""What processes share, step by step on a real Redis: who is there, who is told of, once."""

import time

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from pytest_django import Settings

from hub.core.presence import EVERYWHERE, Changes, Moment, Present
from hub.presence.store import Forgotten, PresenceUnknown
from tests.integration.hub.presence.shared import Shared

STREAM = "t:a"


def test_a_user_of_two_processes_is_one_user_with_the_sum_of_connections(shared: Shared) -> None:
    life = shared.register("p")
    shared.register("q")
    shared.record("p", life, (STREAM, 1, 2), (STREAM, 2, 1))
    shared.record("q", life, (STREAM, 1, 1))
    assert shared.read(STREAM) == Present([(1, 3), (2, 1)], 2, 2, 4)
    assert shared.store.read(STREAM, 0) == Present([], 2, 2, 4)
    assert shared.store.read(STREAM, 1) == Present([(1, 3)], 2, 2, 4)


def test_nobody_reads_a_stream_that_is_not_known(shared: Shared) -> None:
    shared.register("p")
    assert shared.read("t:unknown") == Present([], 0, 0, 0)


def test_a_user_joins_with_the_first_connection_in_the_deployment(shared: Shared) -> None:
    life = shared.register("p")
    shared.register("q")
    assert shared.record("p", life, (STREAM, 1, 1)) == Changes(joined=[(STREAM, 1)], occupied=[STREAM])
    assert not shared.record("p", life, (STREAM, 1, 2))
    assert not shared.record("q", life, (STREAM, 1, 1))
    assert shared.record("q", life, (STREAM, 2, 1)) == Changes(joined=[(STREAM, 2)])


def test_a_user_leaves_with_the_last_connection_and_after_the_grace(shared: Shared) -> None:
    life = shared.register("p")
    shared.register("q")
    shared.record("p", life, (STREAM, 1, 1))
    shared.record("q", life, (STREAM, 1, 1))
    assert not shared.record("p", life, (STREAM, 1, 0))
    assert shared.read(STREAM) == Present([(1, 1)], 1, 1, 1)
    shared.let_time_pass()
    assert not shared.tick("p", life)
    assert not shared.record("q", life, (STREAM, 1, 0))
    # Nobody was told yet: so they are listed, and not counted.
    assert shared.read(STREAM) == Present([(1, 0)], 1, 0, 0)
    assert shared.store.read(STREAM, 0) == Present([], 1, 0, 0)
    assert not shared.tick("p", life)
    shared.let_time_pass()
    assert shared.tick("q", life) == Changes(left=[(STREAM, 1)], vacated=[STREAM])
    assert shared.read(STREAM) == Present([], 0, 0, 0)
    assert not shared.tick("p", life)


@pytest.mark.parametrize("seconds", [3_600, -3_600])
def test_a_clock_that_jumps_lets_nobody_die_or_live_on(seconds: float, shared: Shared, settings: Settings) -> None:
    life = shared.register("p")
    shared.register("q")
    shared.record("q", life, (STREAM, 1, 1))
    shared.jump(seconds)
    assert not shared.tick("p", life)
    assert shared.read(STREAM) == Present([(1, 1)], 1, 1, 1)
    # And no longer than its time.
    settings.HUBBUB_PRESENCE_TTL, settings.HUBBUB_PRESENCE_GRACE = 0.3, 0.0
    shared.store.tick("q", life)
    time.sleep(0.6)
    assert shared.tick("p", life) == Changes(left=[(STREAM, 1)], vacated=[STREAM])


def test_a_redis_that_stood_still_is_not_the_death_of_all(shared: Shared) -> None:
    life = shared.register("p")
    shared.register("q")
    shared.record("q", life, (STREAM, 1, 1))
    # Longer than the lease: whoever ticks first afterwards must not bury the others.
    shared.jump(10)
    assert not shared.tick("p", life)
    assert not shared.tick("q", life)
    assert shared.read(STREAM) == Present([(1, 1)], 1, 1, 1)


@pytest.mark.parametrize("seconds", [3_600, -3_600])
def test_after_a_jump_what_is_not_known_yet_is_soon(seconds: float, shared: Shared, settings: Settings) -> None:
    settings.HUBBUB_PRESENCE_TTL = 0.6
    shared.store.register("p")
    shared.jump(seconds)
    # Every process ticks once a second.
    shared.store.register("p")
    time.sleep(0.6)
    assert shared.read(STREAM) == Present([], 0, 0, 0)


def test_whoever_comes_back_in_time_has_never_left(shared: Shared) -> None:
    life = shared.register("p")
    shared.register("q")
    shared.record("p", life, (STREAM, 1, 1))
    shared.record("p", life, (STREAM, 1, 0))
    assert not shared.record("q", life, (STREAM, 1, 1))
    shared.let_time_pass()
    assert not shared.tick("p", life)
    assert shared.read(STREAM) == Present([(1, 1)], 1, 1, 1)


def test_whoever_goes_again_has_the_whole_grace_again(shared: Shared) -> None:
    life = shared.register("p")
    shared.record("p", life, (STREAM, 1, 1))
    shared.record("p", life, (STREAM, 1, 0))
    shared.let_time_pass()
    # Back at the last moment, and gone again.
    shared.record("p", life, (STREAM, 1, 1))
    shared.record("p", life, (STREAM, 1, 0))
    assert not shared.tick("p", life)


def test_a_stream_is_occupied_as_long_as_somebody_is_not_told_to_have_left(shared: Shared) -> None:
    life = shared.register("p")
    shared.record("p", life, (STREAM, 1, 1))
    shared.record("p", life, (STREAM, 1, 0))
    assert shared.record("p", life, (STREAM, 2, 1)) == Changes(joined=[(STREAM, 2)])
    shared.let_time_pass()
    assert shared.tick("p", life) == Changes(left=[(STREAM, 1)])


def test_a_large_stream_that_everybody_has_left_keeps_nothing(shared: Shared, settings: Settings) -> None:
    settings.HUBBUB_PRESENCE_LARGE = 1
    life = shared.register("p")
    shared.record("p", life, (STREAM, 1, 1), (STREAM, 2, 1))
    shared.record("p", life, (STREAM, 1, 0), (STREAM, 2, 0))
    shared.let_time_pass()
    assert shared.tick("p", life).vacated == [STREAM]
    assert shared.keys() == {"clock", "life", "number", "processes"}


def test_the_users_of_a_dead_process_leave_once(shared: Shared) -> None:
    life = shared.register("p")
    for process in ("q", "r"):
        shared.register(process)
    shared.record("p", life, (STREAM, 1, 1), (STREAM, 2, 1), (EVERYWHERE, 1, 1))
    shared.record("q", life, (STREAM, 2, 1))
    shared.let_die("p")
    assert shared.read(STREAM) == Present([(1, 0), (2, 1)], 2, 1, 1)
    gone = shared.tick("q", life)
    assert sorted(gone.left) == [(EVERYWHERE, 1), (STREAM, 1)]
    assert not shared.tick("r", life)
    assert shared.read(STREAM) == Present([(2, 1)], 1, 1, 1)


def test_nobody_is_there_when_all_processes_are_dead(shared: Shared) -> None:
    life = shared.register("p")
    shared.record("p", life, (STREAM, 1, 1))
    shared.let_die("p")
    assert shared.read(STREAM) == Present([], 0, 0, 0)


def test_a_large_dead_process_is_removed_in_pieces(shared: Shared, settings: Settings) -> None:
    settings.HUBBUB_PRESENCE_LARGE = 10_000
    life = shared.register("p")
    shared.register("q")
    for first in range(0, 3_000, 500):
        shared.record("p", life, *((STREAM, user, 1) for user in range(first, first + 500)))
    shared.record("p", life, *((f"t:{number}", 1, 1) for number in range(300)))
    shared.let_die("p")
    _, more = shared.store.tick("q", life)
    assert more
    gone = shared.tick("q", life)
    assert shared.read(STREAM) == Present([], 0, 0, 0)
    assert 3_000 < len(gone.left) <= 3_300
    assert shared.keys() == {"clock", "life", "number", "processes"}


def test_a_process_that_ends_in_order_leaves_its_users_their_grace(shared: Shared) -> None:
    life = shared.register("p")
    shared.register("q")
    shared.record("p", life, (STREAM, 1, 1), (STREAM, 2, 1))
    shared.store.withdraw("p")
    assert not shared.tick("q", life)
    shared.record("q", life, (STREAM, 1, 1))
    shared.let_time_pass()
    assert shared.tick("q", life) == Changes(left=[(STREAM, 2)])


def test_a_process_that_was_counted_as_dead_hears_of_it(shared: Shared) -> None:
    life = shared.register("p")
    shared.register("q")
    shared.let_die("p")
    shared.tick("q", life)
    with pytest.raises(Forgotten):
        shared.tick("p", life)
    with pytest.raises(Forgotten):
        shared.record("p", life, (STREAM, 1, 1))


def test_a_late_sign_of_life_counts_while_nobody_has_missed_it(shared: Shared) -> None:
    life = shared.register("p")
    shared.record("p", life, (STREAM, 1, 1))
    shared.let_die("p")
    assert not shared.tick("p", life)
    assert shared.read(STREAM) == Present([(1, 1)], 1, 1, 1)


def test_after_redis_lost_everything_presence_is_unknown_until_all_have_written(shared: Shared) -> None:
    with pytest.raises(PresenceUnknown):
        shared.read(STREAM)
    life = shared.register("p")
    shared.register("q")
    shared.record("p", life, (STREAM, 1, 1))
    shared.record("q", life, (STREAM, 2, 1))
    shared.lose_everything()
    with pytest.raises(PresenceUnknown):
        shared.read(STREAM)
    with pytest.raises(Forgotten):
        shared.tick("p", life)
    fresh = shared.store.register("p")
    # What is decided from now on has another mark, whatever its number.
    assert fresh != life
    assert not shared.record("p", fresh, (STREAM, 1, 1), quiet=True)
    with pytest.raises(PresenceUnknown) as unknown:
        shared.read(STREAM)
    assert (unknown.value.code, unknown.value.temporary) == (108, True)
    # Another process has not noticed yet: nobody of it is missed.
    shared.let_time_pass()
    assert shared.store.register("q") == fresh
    shared.record("q", fresh, (STREAM, 2, 1), quiet=True)
    shared.settle()
    shared.let_time_pass()
    # Who left meanwhile was told by nobody: readers get the whole, once.
    assert shared.tick("p", fresh) == Changes(changed=[STREAM])
    assert not shared.tick("q", fresh)
    assert shared.read(STREAM) == Present([(1, 1), (2, 1)], 2, 2, 2)


def test_a_large_stream_is_told_as_a_whole_and_once_a_second_at_most(shared: Shared, settings: Settings) -> None:
    settings.HUBBUB_PRESENCE_LARGE = 10
    life = shared.register("p")
    shared.register("q")
    told = shared.record("p", life, *((STREAM, user, 1) for user in range(1, 11)))
    assert [user for _, user in told.joined] == list(range(1, 11))
    for user in range(11, 40):
        assert not shared.record("q", life, (STREAM, user, 1))
    assert not shared.tick("p", life)
    shared.let_time_pass()
    assert shared.tick("q", life) == Changes(changed=[STREAM])
    assert not shared.tick("p", life)


def test_a_stream_that_is_large_no_longer_is_told_as_a_whole_for_the_last_time(
    shared: Shared, settings: Settings
) -> None:
    settings.HUBBUB_PRESENCE_LARGE = 10
    life = shared.register("p")
    shared.record("p", life, *((STREAM, user, 1) for user in range(1, 13)))
    shared.let_time_pass()
    shared.tick("p", life)
    shared.record("p", life, *((STREAM, user, 0) for user in range(1, 5)))
    shared.let_time_pass()
    assert not shared.tick("p", life)
    shared.let_time_pass()
    assert shared.tick("p", life) == Changes(changed=[STREAM])
    assert shared.record("p", life, (STREAM, 20, 1)) == Changes(joined=[(STREAM, 20)])


def test_signals_are_decided_for_each_user_however_large_the_deployment(shared: Shared, settings: Settings) -> None:
    settings.HUBBUB_PRESENCE_LARGE = 1
    life = shared.register("p")
    assert len(shared.record("p", life, *((EVERYWHERE, user, 1) for user in range(5))).joined) == 5


class Deployment(RuleBasedStateMachine):
    """Processes that come, die and end, with users that come and go: in whatever order, each change is told once."""

    shared: Shared

    def __init__(self) -> None:
        super().__init__()
        self.shared.lose_everything()
        self.life = self.shared.register("first")
        self.processes: dict[str, dict[tuple[str, int], int]] = {"first": {}}
        self.started = 0
        self.told: set[tuple[str, int]] = set()
        self.number = 0
        #: All that was told, and all that was answered, with its number.
        self.events: list[tuple[int, bool, tuple[str, int]]] = []
        self.answers: list[tuple[int, str, set[int]]] = []
        self.occupied: set[str] = set()

    def hear(self, changes: Changes) -> None:
        if changes.joined or changes.left:
            assert changes.moment.number > self.number
        assert changes.moment.epoch == self.life
        self.number = changes.moment.number
        self.events += [(self.number, True, pair) for pair in changes.joined]
        self.events += [(self.number, False, pair) for pair in changes.left]
        for pair in changes.joined:
            assert pair not in self.told, f"{pair} is told to have joined twice"
            self.told.add(pair)
        for pair in changes.left:
            assert pair in self.told, f"{pair} is told to have left and was not there"
            self.told.remove(pair)
        for stream in changes.occupied:
            assert stream not in self.occupied
            self.occupied.add(stream)
        for stream in changes.vacated:
            assert stream in self.occupied
            self.occupied.remove(stream)

    def there(self) -> dict[tuple[str, int], int]:
        total: dict[tuple[str, int], int] = {}
        for entries in self.processes.values():
            for key, count in entries.items():
                total[key] = total.get(key, 0) + count
        return {key: count for key, count in total.items() if count}

    @rule(data=st.data(), stream=st.sampled_from([STREAM, "t:b", EVERYWHERE]), user=st.integers(1, 3))
    def count_changes(self, data: st.DataObject, stream: str, user: int) -> None:
        process = data.draw(st.sampled_from(sorted(self.processes)))
        count = data.draw(st.integers(0, 2))
        self.processes[process][stream, user] = count
        self.hear(self.shared.record(process, self.life, (stream, user, count)))

    @rule()
    def start(self) -> None:
        self.started += 1
        self.shared.store.register(f"p{self.started}")
        self.processes[f"p{self.started}"] = {}

    @precondition(lambda self: len(self.processes) > 1)
    @rule(data=st.data(), in_order=st.booleans())
    def end(self, data: st.DataObject, in_order: bool) -> None:
        process = data.draw(st.sampled_from(sorted(self.processes.keys() - {"first"})))
        del self.processes[process]
        if in_order:
            self.shared.store.withdraw(process)
        else:
            self.shared.let_die(process)

    @rule(data=st.data())
    def tick(self, data: st.DataObject) -> None:
        self.hear(self.shared.tick(data.draw(st.sampled_from(sorted(self.processes))), self.life))

    @rule()
    def time_passes(self) -> None:
        self.shared.let_time_pass()

    @rule(stream=st.sampled_from([STREAM, "t:b", EVERYWHERE]))
    def ask(self, stream: str) -> None:
        present = self.shared.read(stream)
        assert present.moment == Moment(self.life, self.number)
        self.answers.append((present.moment.number, stream, {user for user, _ in present.users}))

    def check_that_numbers_put_answers_and_events_in_order(self) -> None:
        # Whoever has any answer, and all events with greater numbers in whatever order they came, knows the truth.
        for number, stream, users in self.answers:
            for later, joined, (name, user) in sorted(self.events):
                if name == stream and later > number:
                    (users.add if joined else users.remove)(user)
            assert users == {user for name, user in self.told if name == stream}

    def teardown(self) -> None:
        for _ in range(2):
            self.hear(self.shared.tick("first", self.life))
            self.shared.let_time_pass()
        self.hear(self.shared.tick("first", self.life))
        self.check_that_numbers_put_answers_and_events_in_order()
        there = self.there()
        assert self.told == set(there)
        assert self.occupied == {stream for stream, _ in there if stream}
        for stream in (STREAM, "t:b", EVERYWHERE):
            own = {user: count for (name, user), count in there.items() if name == stream}
            present = self.shared.read(stream)
            assert dict(present.users) == own
            assert (present.total, present.here, present.connections) == (len(own), len(own), sum(own.values()))
        # A deployment that everybody has left keeps nothing.
        for process, entries in self.processes.items():
            for stream, user in entries:
                self.shared.record(process, self.life, (stream, user, 0))
        self.shared.let_time_pass()
        self.shared.tick("first", self.life)
        assert self.shared.keys() - {"number"} == {"clock", "life", "processes"}


def test_whatever_happens_in_whatever_order_each_change_is_told_once(shared: Shared) -> None:
    Deployment.shared = shared
    run_state_machine_as_test(
        Deployment,
        settings=settings(
            max_examples=40,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
        ),
    )
