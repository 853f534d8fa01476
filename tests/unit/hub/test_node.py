"""What a process tells of itself."""

import tomllib

import pytest

from hub import __version__, node
from hub.conf import BASE_DIR
from hub.node import Processor, matching, resident_bytes

COUNTS = {"chat:lobby": 2, "chat:den": 1, "inbox#1": 3, "inbox#12": 4, "news": 5}


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*", set(COUNTS)),
        ("chat:*", {"chat:lobby", "chat:den"}),
        ("inbox#?", {"inbox#1"}),
        ("inbox#[12]*", {"inbox#1", "inbox#12"}),
        ("{news,chat:d*}", {"news", "chat:den"}),
        ("{chat:{lobby,den},n*}", {"chat:lobby", "chat:den", "news"}),
        ("chat", set()),
        ("CHAT:*", set()),
        ("{news", set()),
        ("chat:lobby.", set()),
    ],
)
def test_streams_are_found_by_a_glob(pattern: str, names: set[str]) -> None:
    assert matching(COUNTS, pattern) == {name: COUNTS[name] for name in names}


def test_the_version_that_is_told_is_that_of_the_project() -> None:
    assert tomllib.loads((BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"] == __version__


def test_a_pattern_stands_for_a_bounded_number_of_globs(monkeypatch: pytest.MonkeyPatch) -> None:
    # Two to the power of 50, if all were looked at.
    assert matching({"a" * 50: 1, "b" * 50: 1}, "{a,b}" * 50) == {"a" * 50: 1}
    monkeypatch.setattr(node, "MAX_ALTERNATIVES", 1)
    assert matching(COUNTS, "{news,chat:lobby}") == {"news": 5}


def test_a_process_has_memory_and_has_used_its_processor() -> None:
    assert resident_bytes() > 1_000_000
    processor = Processor()
    sum(range(200_000))
    assert processor.percent() > 0
