"""The periodic tasks of the shop."""

import pytest

from examples.shop.schedule import SCHEDULE
from hub.celery import app


@pytest.mark.parametrize("name", SCHEDULE)
def test_every_entry_names_a_task_that_exists(name: str) -> None:
    assert SCHEDULE[name]["task"] in app.tasks


@pytest.mark.parametrize("name", SCHEDULE)
def test_the_settings_hold_every_entry(name: str) -> None:
    assert app.conf.beat_schedule[name] == SCHEDULE[name]
