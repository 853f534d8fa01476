"""The garbage collector of servers and workers leaves alone what stays anyway."""

import gc
from collections.abc import Iterator

import pytest

from hub.interpreter import THRESHOLDS, settle


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


def test_what_is_loaded_is_looked_through_never_again() -> None:
    loaded = {"a": object()}
    settle()
    assert gc.get_freeze_count() > 0
    assert not any(loaded is one for one in gc.get_objects())
    assert gc.get_threshold() == THRESHOLDS


def test_what_is_made_later_and_hangs_together_is_still_let_go() -> None:
    settle()
    made: list[object] = []
    made.append(made)
    assert any(made is one for one in gc.get_objects())
    del made
    assert gc.collect() > 0
