"""What the server processes take is judged together where clients move between them."""

import pytest

from tests.chaos.samples import BOUNDS, ON_THE_WAY, bound_of, together
from tests.chaos.scene import WORKERS


def test_the_server_processes_are_added_up_and_nothing_else_is() -> None:
    values = {"web.1 fds": 10.0, "web.2 fds": 20.0, "web.12 fds": 5.0, "redis fds": 7.0, "web.1 tasks": 1.0}
    assert together(values) == {"web fds": 35.0, "redis fds": 7.0, "web tasks": 1.0}


@pytest.mark.parametrize("name", ["fds", "readers", "rss MiB"])
def test_all_processes_together_may_grow_by_as_much_as_each(name: str) -> None:
    each, all_of_them = BOUNDS[name], bound_of(f"web {name}")
    assert each is not None
    assert all_of_them is not None
    assert all_of_them.per_hour == each.per_hour * WORKERS
    assert all_of_them.left_over == each.left_over * WORKERS + ON_THE_WAY
    assert bound_of(f"web.1 {name}") == each


def test_what_grows_with_the_log_has_no_bound() -> None:
    assert bound_of("database MiB") is None
