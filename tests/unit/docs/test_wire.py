"""The page of the wire format shows what the codec sends, character for character."""

import json
from datetime import UTC, datetime

import pytest

from hub.core.codecs import plain
from hub.core.errors import BadRequest, HubError, PermissionDenied, TooManyRequests
from hub.core.events import Event, Position, timestamp
from hub.core.json import MAX_DEPTH, encode_json
from tests.unit.docs.pages import blocks, read

PAGE = read("docs/reference/wire.md")

AT = timestamp(datetime(2026, 1, 2, 3, 4, 5, 678_000, UTC))
DEMO = {"id": 1, "username": "demo", "display_name": "Dana Demo"}
MESSAGE = {"id": 7, "room": "lobby", "author": DEMO, "body": "hi", "created_at": AT, "edited_at": None}

SENT = [
    plain.encode_hello("chat:lobby", Position("QbKV-mDw", 41), recovered=True, user="demo"),
    plain.encode_event(Event(42, "message.created", AT, encode_json(MESSAGE))),
    plain.encode_event(Event(None, "typing", AT, encode_json({"user": DEMO}))),
    plain.encode_result("c1", MESSAGE),
    plain.encode_error(PermissionDenied(), "c1"),
    plain.encode_error(TooManyRequests(), "c1"),
    plain.encode_error(BadRequest()),
]
COMMAND = '{"id":"c1","command":"message.post","data":{"body":"hi","key":"8f14e45f"}}'


def test_each_message_on_the_page_is_what_the_codec_sends_and_none_is_missing() -> None:
    assert sorted(blocks(PAGE, "json")) == sorted([*SENT, COMMAND])


def test_the_command_on_the_page_is_read_as_it_says() -> None:
    assert plain.decode_command(COMMAND) == plain.Command("c1", "message.post", {"body": "hi", "key": "8f14e45f"})


@pytest.mark.parametrize("example", SENT)
def test_a_client_reads_each_message_with_a_plain_json_parser(example: str) -> None:
    assert isinstance(json.loads(example), dict)


@pytest.mark.parametrize(
    "text",
    [
        '{"id":"c1","command":"x","data":{},"more":1}',
        '{"id":"c1","id":"c1","command":"x"}',
        '{"id":"c1","command":"x","data":{"a":NaN}}',
        '{"id":"c1","command":"x","data":{"a":Infinity}}',
        '{"id":"c1","command":"x","data":{"a":"\\u0000"}}',
        '{"id":"c1","command":"x","data":{"a":"\\ud800"}}',
        '{"id":"' + "c" * (plain.MAX_COMMAND_ID + 1) + '","command":"x"}',
        '{"id":1.5,"command":"x"}',
        '{"id":"c1","command":"x","data":' + "[" * MAX_DEPTH + "]" * MAX_DEPTH + "}",
    ],
)
def test_what_the_page_says_is_refused_is_refused(text: str) -> None:
    with pytest.raises(HubError):
        plain.decode_command(text)


def test_the_limits_on_the_page_are_those_of_the_code() -> None:
    assert f"{MAX_DEPTH} levels" in PAGE
    assert f"1 to {plain.MAX_COMMAND_ID} characters" in PAGE
