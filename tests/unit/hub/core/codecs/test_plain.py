"""The plain wire format, byte for byte, and what clients may send."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.codecs import plain
from hub.core.codecs.plain import BadCommand, Command, decode_command
from hub.core.errors import BadRequest, HubError, InternalError, PermissionDenied, TooManyRequests
from hub.core.events import Event, Position
from hub.core.json import encode_json
from hub.core.types import JSONObject, JSONValue
from tests.unit.hub.core.values import integers, objects, texts, values

ids = integers | texts.filter(lambda text: 0 < len(text) <= 64)
commands = st.builds(Command, ids, texts, objects)

AT = "2026-01-02T03:04:05.678Z"


def refusal_of(message: JSONValue) -> BadRequest:
    """Return the error that a message is refused with."""
    with pytest.raises(BadRequest) as caught:
        decode_command(encode_json(message))
    return caught.value


def test_hello_says_where_the_reader_stands() -> None:
    assert plain.encode_hello("chat:lobby", Position("e1", 41), recovered=True, user="demo") == (
        '{"hello":{"stream":"chat:lobby","epoch":"e1","offset":41,"recovered":true,"user":"demo"}}'
    )


def test_hello_says_that_a_snapshot_must_be_loaded() -> None:
    assert plain.encode_hello("inbox#1", Position("e1", 0), recovered=False, user='a"é') == (
        '{"hello":{"stream":"inbox#1","epoch":"e1","offset":0,"recovered":false,"user":"a\\"é"}}'
    )


def test_an_event_carries_its_data_as_it_was_written() -> None:
    event = Event(42, "message.created", AT, '{"body": "hi",  "n":1.0}')
    assert plain.encode_event(event) == (
        '{"offset":42,"type":"message.created","at":"2026-01-02T03:04:05.678Z","data":{"body": "hi",  "n":1.0}}'
    )


def test_an_ephemeral_event_has_no_offset() -> None:
    assert plain.encode_event(Event(None, "typing", AT, "{}")) == (
        '{"type":"typing","at":"2026-01-02T03:04:05.678Z","data":{}}'
    )


def test_a_reply_carries_the_id_of_its_command() -> None:
    assert plain.encode_result("c1", {"id": 7}) == '{"id":"c1","result":{"id":7}}'
    assert plain.encode_result(0, {}) == '{"id":0,"result":{}}'


def test_an_error_answers_its_command() -> None:
    assert plain.encode_error(PermissionDenied(), "c1") == (
        '{"id":"c1","error":{"code":103,"message":"permission denied"}}'
    )
    assert plain.encode_error(PermissionDenied("not you"), 0) == '{"id":0,"error":{"code":103,"message":"not you"}}'


def test_an_error_without_a_command_has_no_id() -> None:
    assert plain.encode_error(BadRequest()) == '{"error":{"code":107,"message":"bad request"}}'


@pytest.mark.parametrize("error", [TooManyRequests("wait"), InternalError("wait")])
def test_an_error_that_passes_says_so(error: HubError) -> None:
    assert plain.encode_error(error, "c1") == (
        f'{{"id":"c1","error":{{"code":{error.code},"message":"wait","temporary":true}}}}'
    )


@given(st.none() | st.integers(1), texts, values)
def test_every_event_is_one_json_object(offset: int | None, type_: str, data: JSONValue) -> None:
    message = json.loads(plain.encode_event(Event(offset, type_, AT, encode_json(data))))
    assert message == ({} if offset is None else {"offset": offset}) | {"type": type_, "at": AT, "data": data}


@given(ids, texts)
def test_every_error_is_one_json_object(command_id: str | int, words: str) -> None:
    error = json.loads(plain.encode_error(BadRequest(words), command_id))
    assert error == {"id": command_id, "error": {"code": 107, "message": words or "bad request"}}


def test_a_command_is_read_as_documented() -> None:
    text = '{"id":"c1","command":"message.post","data":{"body":"hi","key":"k"}}'
    assert decode_command(text) == Command("c1", "message.post", {"body": "hi", "key": "k"})


def test_a_command_without_data_has_empty_data() -> None:
    assert decode_command('{"command":"typing","id":3}') == Command(3, "typing", {})


@given(commands)
def test_every_command_is_read_back_the_same(command: Command) -> None:
    message = {"id": command.id, "command": command.name, "data": command.data}
    assert decode_command(encode_json(message)) == command


@pytest.mark.parametrize("command_id", [None, True, False, 1.0, "", "x" * 65, [], {}])
def test_a_command_without_a_usable_id_answers_none(command_id: Any) -> None:
    error = refusal_of({"id": command_id, "command": "typing"})
    assert not isinstance(error, BadCommand)
    assert error.message.startswith('expected "id" to be a whole number or a text of 1 to 64 characters, got ')


def test_an_id_that_is_not_there_is_refused() -> None:
    assert refusal_of({"command": "typing"}).message.endswith("got None")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"command": None}, 'expected "command" to be a text, got None'),
        ({"command": ["a"]}, "expected \"command\" to be a text, got ['a']"),
        ({"data": None}, 'expected "data" to be an object, got None'),
        ({"data": [1]}, 'expected "data" to be an object, got [1]'),
        ({"user": 1, "stream": 2}, 'expected only "id", "command" and "data", got also \'stream\''),
    ],
)
def test_a_wrong_command_with_an_id_can_be_answered(wrong: JSONObject, message: str) -> None:
    error = refusal_of({"id": "c1", "command": "typing"} | wrong)
    assert isinstance(error, BadCommand)
    assert (error.command_id, error.message, error.code) == ("c1", message, 107)


def test_a_refusal_repeats_little_of_a_long_message() -> None:
    long = "x" * 10_000
    for wrong in (
        {"id": long},
        {"id": 1, "command": [long]},
        {"id": 1, "command": "", "data": long},
        {"id": 1, long: 1},
    ):
        assert len(refusal_of(wrong).message) < 200


#: Anything in the place of anything.
almost_commands = st.fixed_dictionaries(
    {}, optional={"id": values, "command": values, "data": values, "more": values}
).map(json.dumps)


@given(st.text(st.characters()) | almost_commands)
def test_any_text_is_a_command_or_a_bad_request_that_can_be_sent(text: str) -> None:
    try:
        command = decode_command(text)
    except BadRequest as error:
        plain.encode_error(error, getattr(error, "command_id", None)).encode()
    else:
        plain.encode_result(command.id, command.data).encode()
