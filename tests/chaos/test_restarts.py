"""What a restart did to clients is judged by what the load says."""

from typing import Any

import pytest

from tests.chaos.restarts import nobody_was_cut_off

LOAD: dict[str, Any] = {"closes": {"3001": 90}, "unknown": 0, "refused": [], "post_errors": 1}


def test_to_be_told_to_come_back_is_right() -> None:
    assert nobody_was_cut_off(LOAD) == []


@pytest.mark.parametrize("wrong", [{"closes": {"3001": 89, "1006": 1}}, {"unknown": 1}, {"refused": ["HTTP 400"]}])
def test_to_be_cut_off_is_not(wrong: dict[str, Any]) -> None:
    assert len(nobody_was_cut_off(LOAD | wrong)) == 1
