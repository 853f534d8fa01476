"""The check of the shop's setting."""

import pytest
from django.core.checks import run_checks
from pytest_django import Settings


def problems() -> list[str]:
    return [str(message.msg) for message in run_checks() if message.id == "shop.E001"]


def test_the_default_is_fine() -> None:
    assert problems() == []


@pytest.mark.parametrize("seconds", [1, 3_600, 86_400 * 14])
def test_any_whole_number_of_seconds_is_fine(settings: Settings, seconds: int) -> None:
    settings.SHOP_REMINDER_SECONDS = seconds
    assert problems() == []


@pytest.mark.parametrize("seconds", [0, -1, "60", 1.5, None])
def test_anything_else_is_named(settings: Settings, seconds: object) -> None:
    settings.SHOP_REMINDER_SECONDS = seconds
    assert problems() == [f"expected SHOP_REMINDER_SECONDS to be a whole number from 1 on, got {seconds!r}"]
