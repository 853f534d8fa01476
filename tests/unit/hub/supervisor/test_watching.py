"""When a worker has done nothing for too long."""

from hub.liveness import Look
from hub.supervisor.watching import Patience

IDLE = Look(waiting=3, sign="1")


def looks(*seen: tuple[int, Look | None]) -> list[bool]:
    """Return what is said of each look; three that show nothing done are too many."""
    patience = Patience(3)
    return [patience.is_over(pid, look) for pid, look in seen]


def test_a_worker_that_does_nothing_while_tasks_wait_is_given_three_looks() -> None:
    assert looks(*[(7, IDLE)] * 4) == [False, False, False, True]


def test_a_worker_that_never_did_anything_is_given_no_more() -> None:
    assert looks(*[(7, Look(waiting=3, sign=None))] * 4)[-1]


def test_any_sign_begins_the_count_anew() -> None:
    assert not any(looks(*[(7, Look(waiting=3, sign=str(number // 3))) for number in range(30)]))


def test_where_nothing_waits_nothing_has_to_be_done() -> None:
    assert not any(looks(*[(7, IDLE), (7, IDLE), (7, Look(waiting=0, sign="1"))] * 10))


def test_nobody_is_blamed_for_a_redis_that_does_not_answer() -> None:
    assert not any(looks(*[(7, IDLE), (7, IDLE), (7, IDLE), (7, None)] * 10))
    assert not any(looks(*[(7, None)] * 10))


def test_a_redis_that_came_back_empty_begins_the_count_anew() -> None:
    assert not any(looks(*[(7, IDLE)] * 3, *[(7, Look(waiting=1, sign=None))] * 3))


def test_another_process_begins_anew() -> None:
    assert not any(looks(*[(7, IDLE)] * 3, *[(8, IDLE)] * 3))
