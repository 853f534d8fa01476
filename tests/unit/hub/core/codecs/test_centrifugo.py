"""The Centrifugo protocol as JSON, byte for byte, and what clients may send."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.codecs.centrifugo import JSON
from hub.core.codecs.plain import PLAIN
from hub.core.errors import BadRequest
from hub.core.events import Event
from hub.core.frames import text_frame
from hub.core.protocol import Command, Disconnect
from tests.unit.hub.core.codecs.golden import encoded_by, golden
from tests.unit.hub.core.values import texts, values

AT = "2026-01-02T03:04:05.678Z"


def refusal_of(frame: str | bytes) -> str:
    """Return the words with which a frame is refused."""
    with pytest.raises(Disconnect) as caught:
        JSON.decode(frame)
    assert caught.value.code == 3501
    return caught.value.reason


@golden("commands")
def test_a_command_is_read(entry: dict[str, Any]) -> None:
    assert JSON.decode(entry["json"]) == [Command(entry["id"], entry["method"], entry["request"])]


@golden("replies")
def test_a_reply_is_written(entry: dict[str, Any]) -> None:
    assert encoded_by(JSON, "replies", entry) == entry["json"]


@golden("errors")
def test_an_error_is_written(entry: dict[str, Any]) -> None:
    assert encoded_by(JSON, "errors", entry) == entry["json"]


@golden("pushes")
def test_a_push_is_written(entry: dict[str, Any]) -> None:
    assert encoded_by(JSON, "pushes", entry) == entry["json"]


@golden("publications")
def test_a_publication_is_written(entry: dict[str, Any]) -> None:
    assert encoded_by(JSON, "publications", entry) == entry["json"]


def test_the_ping_is_an_empty_reply() -> None:
    assert JSON.ping == "{}"


def test_commands_in_one_frame_stay_in_order() -> None:
    commands = JSON.decode('{"id":1,"connect":{}}\n\n {"id":2,"subscribe":{"channel":"a"}} \r\n{}\n')
    assert [(command.id, command.method) for command in commands] == [(1, "connect"), (2, "subscribe"), (0, "")]


def test_a_frame_may_come_as_bytes() -> None:
    assert JSON.decode('{"id":1,"publish":{"data":"é"}}'.encode()) == [Command(1, "publish", {"data": "é"})]


@pytest.mark.parametrize("frame", ["", " ", "\n\n", b""])
def test_a_frame_without_a_command_ends_the_connection(frame: str | bytes) -> None:
    assert refusal_of(frame) == "expected a command, got none"


def test_the_first_request_of_a_command_counts() -> None:
    text = '{"id":1,"rpc":{},"connect":null,"publish":{"data":1},"subscribe":{"channel":"a"}}'
    assert JSON.decode(text) == [Command(1, "subscribe", {"channel": "a"})]


def test_what_is_not_known_is_passed_over() -> None:
    text = '{"id":1,"teleport":{},"subscribe":{"channel":"a","flag":1,"phase":2,"nobody":{"knows":1}},"x":[]}'
    assert JSON.decode(text) == [Command(1, "subscribe", {"channel": "a", "flag": 1})]


def test_a_member_that_is_null_or_zero_is_absent_as_in_protobuf() -> None:
    request = {"channel": None, "token": "", "recover": False, "offset": 0, "tf": None}
    assert JSON.decode(json.dumps({"id": None, "subscribe": request})) == [Command(0, "subscribe", {})]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ({"id": "1"}, "expected id to be a whole number from 0 to 4294967295, got '1'"),
        ({"id": True}, "expected id to be a whole number from 0 to 4294967295, got True"),
        ({"id": -1}, "expected id to be a whole number from 0 to 4294967295, got -1"),
        ({"id": 2**32}, "expected id to be a whole number from 0 to 4294967295, got 4294967296"),
        ({"id": 1.5}, "expected id to be a whole number from 0 to 4294967295, got 1.5"),
        ({"connect": []}, "expected connect to be an object, got []"),
        ({"connect": {"token": 1}}, "expected connect.token to be a text, got 1"),
        ({"connect": {"headers": {"a": 1}}}, "expected connect.headers to be a text, got 1"),
        ({"connect": {"headers": "a"}}, "expected connect.headers to be an object, got 'a'"),
        ({"connect": {"subs": {"a": 1}}}, "expected connect.subs to be an object, got 1"),
        ({"subscribe": {"recover": 1}}, "expected subscribe.recover to be true or false, got 1"),
        ({"subscribe": {"recover": "x"}}, "expected subscribe.recover to be true or false, got 'x'"),
        ({"subscribe": {"offset": -1}}, "expected subscribe.offset to be a whole number from 0, got -1"),
        ({"subscribe": {"offset": False}}, "expected subscribe.offset to be a whole number from 0, got False"),
        ({"subscribe": {"type": 2**31}}, "expected subscribe.type to be a whole number of 32 bits, got 2147483648"),
        ({"subscribe": {"tf": {"vals": "a"}}}, "expected subscribe.tf.vals to be a list, got 'a'"),
        ({"subscribe": {"tf": {"nodes": [1]}}}, "expected subscribe.tf.nodes to be an object, got 1"),
        ({"history": {"since": 4}}, "expected history.since to be an object, got 4"),
    ],
)
def test_a_member_of_another_type_ends_the_connection_and_is_named(command: dict[str, Any], words: str) -> None:
    assert refusal_of(json.dumps(command)) == words


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        ("[]", "expected a JSON object, got an array"),
        ("null", "expected a JSON object, got null"),
        ('{"id":1}x', "expected a JSON object, got something that is not JSON"),
        ('{"id":1,\n"ping":{}}', "expected a JSON object, got something that is not JSON"),
        (b"\xff", "expected text in UTF-8, got something else"),
        ('{"send":{"data":' + "[" * 40 + "]" * 40 + "}}", "expected at most 32 levels of nesting, got more"),
        ('{"send":{"data":"' + "x" * 200, "expected a JSON object, got something that is not JSON"),
    ],
)
def test_what_is_no_command_ends_the_connection(frame: str | bytes, words: str) -> None:
    assert refusal_of(frame).startswith(words)


@pytest.mark.parametrize("text", ["\\u0000", "\\ud800"])
def test_a_command_with_text_that_cannot_be_kept_is_to_be_answered_with_an_error(text: str) -> None:
    commands = JSON.decode(f'{{"id":1,"publish":{{"channel":"a","data":["{text}"]}}}}\n{{}}')
    assert [(command.id, command.method, command.request) for command in commands] == [(1, "publish", {}), (0, "", {})]
    assert isinstance(commands[0].refusal, BadRequest)
    assert commands[1].refusal is None


def test_a_command_with_such_text_that_has_no_id_ends_the_connection() -> None:
    assert refusal_of('{"send":{"data":"\\u0000"}}') == "expected text without NUL characters, got one"
    with pytest.raises(Disconnect, match="NUL"):
        JSON.decode_request("connect", '{"data":"\\u0000"}')


def test_what_is_not_known_may_hold_any_text() -> None:
    assert JSON.decode('{"x":"\\u0000","id":1,"ping":{"y":"\\ud800"}}') == [Command(1, "ping", {})]


def test_the_words_of_a_refusal_fit_a_close_frame_whatever_came() -> None:
    long = refusal_of(json.dumps({"subscribe": {"offset": "é" * 500}}, ensure_ascii=False))
    assert 60 < len(long.encode()) <= 123


@pytest.mark.parametrize("frame", ["", " \n", "null", "{}", b""])
def test_a_request_that_stands_alone_may_be_nothing(frame: str | bytes) -> None:
    assert JSON.decode_request("connect", frame) == {}


def test_a_request_that_stands_alone_is_checked() -> None:
    assert JSON.decode_request("connect", '{"token":"t","x":1}') == {"token": "t"}
    with pytest.raises(Disconnect, match=r"expected connect.token to be a text, got 1"):
        JSON.decode_request("connect", '{"token":1}')


def test_a_payload_that_is_no_json_is_not_written() -> None:
    with pytest.raises(BadRequest):
        JSON.reply(1, "rpc", {"data": float("nan")})


@pytest.mark.parametrize("data", ['{\n "a":\r\n 1}', '{\r"a":1}', '{\n"a":1}'])
def test_data_of_several_lines_become_one_line(data: str) -> None:
    message = JSON.wire().encode("a", Event(1, "message", AT, data))
    assert isinstance(message, str)
    # An event stream takes a lone carriage return for the end of a line too.
    assert "\n" not in message and "\r" not in message
    assert json.loads(message)["push"]["pub"]["data"] == {"a": 1}


def test_data_of_several_lines_reach_delta_readers_as_they_are() -> None:
    message = JSON.wire(delta=True).encode("a", Event(1, "message", AT, '{\n"a":1}'))
    assert json.loads(message)["push"]["pub"]["data"] == '{\n"a":1}'


def test_only_an_ephemeral_event_tells_of_a_client() -> None:
    told = JSON.wire(join_leave=True).encode("a", Event(1, "client.join", AT, "{}"))
    assert json.loads(told)["push"]["pub"]["tags"] == {"type": "client.join"}


@pytest.mark.parametrize("type_", ["client.join", "client.leave"])
def test_the_plain_format_does_not_tell_of_clients(type_: str) -> None:
    assert PLAIN.encode("a", Event(None, type_, AT, '{"info":{}}')) == ""
    assert PLAIN.encode("a", Event(1, type_, AT, "{}")) != ""


def test_a_wire_format_is_one_object_for_the_same_arguments() -> None:
    assert JSON.wire() is JSON.wire(bare=False)
    several = {JSON.wire(bare=b, join_leave=j, delta=d) for b in (0, 1) for j in (0, 1) for d in (0, 1)}  # type: ignore[arg-type]
    assert len(several) == 8


def test_several_messages_are_lines_of_one_frame() -> None:
    assert JSON.join(["{}", '{"id":1}']) == '{}\n{"id":1}'
    assert JSON.frame("{}") == JSON.wire().frame("{}") == text_frame("{}")


@given(st.integers(1) | st.none(), texts, texts, values, st.booleans())
def test_every_publication_is_one_line_of_json(
    offset: int | None, stream: str, type_: str, data: Any, delta: bool
) -> None:
    text = json.dumps(data, indent=1)
    message = JSON.wire(delta=delta).encode(stream, Event(offset, type_, AT, text))
    assert isinstance(message, str)
    assert "\n" not in message
    push = json.loads(message)["push"]
    assert push["channel"] == stream
    assert push["pub"].get("offset") == offset
    assert (json.loads(push["pub"]["data"]) if delta else push["pub"]["data"]) == data
