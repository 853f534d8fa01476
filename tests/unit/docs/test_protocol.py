"""The page of the Centrifugo protocol has every command, option and push, and each row is shown by a test."""

import re

import pytest

from hub.conf import BASE_DIR, conf
from hub.core.schema import MESSAGES, METHODS, PUSHES
from hub.core.streams import MAX_STREAM_NAME
from hub.history import MAX_BYTES, MAX_EVENTS
from hub.presence.clients import MAX_LISTED
from tests.unit.docs.pages import code, headings, read, rows, section

PAGE = read("docs/reference/protocol.md")
ROWS = [row for heading in headings(PAGE) for row in rows(section(PAGE, heading))]


@pytest.fixture(scope="module")
def tests() -> set[str]:
    """The names of all tests."""
    files = (BASE_DIR / "tests").rglob("test_*.py")
    return {name for file in files for name in re.findall(r"def (test_\w+)\(", file.read_text(encoding="utf-8"))}


def first_column(heading: str) -> list[str]:
    return [name for row in rows(section(PAGE, heading)) for name in code(row[0])]


def test_each_row_is_shown_by_a_test(tests: set[str]) -> None:
    assert len(ROWS) > 40
    for row in ROWS:
        [name] = code(row[-1])
        assert name in tests, row


def test_every_command_is_on_the_page_and_no_other() -> None:
    assert set(first_column("Commands")) == set(METHODS)


def test_every_push_is_on_the_page_and_no_other() -> None:
    assert set(first_column("What the server says unasked")) == {"pub", *PUSHES}


def test_every_option_of_a_subscription_is_on_the_page_and_no_other() -> None:
    assert set(first_column("Options of `subscribe`")) == set(MESSAGES["SubscribeRequest"]) - {"channel"}


def test_the_numbers_on_the_page_are_those_of_the_code() -> None:
    for words in (
        f"{MAX_LISTED:,} at most",
        f"{MAX_EVENTS:,} events at most, or {MAX_BYTES // 1024} KiB",
        f"every {conf.PING_INTERVAL:g} seconds",
        f"within {conf.PONG_TIMEOUT:g}\n",
        f"{conf.MAX_MESSAGE_SIZE // 1024} KiB (`HUBBUB_MAX_MESSAGE_SIZE`)",
        f"More than {conf.COMMAND_RATE:g} commands a second",
        f"{conf.MAX_SUBSCRIPTIONS} (`HUBBUB_MAX_SUBSCRIPTIONS`)",
        f"{MAX_STREAM_NAME} characters |",
    ):
        assert words in PAGE, words
