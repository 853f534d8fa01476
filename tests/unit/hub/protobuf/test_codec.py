"""The Centrifugo protocol as protobuf, byte for byte, and what clients may send."""

from typing import Any

import pytest
from centrifuge.protocol import client_pb2 as of_the_sdk
from hypothesis import given
from hypothesis import strategies as st

from hub.core.errors import BadRequest
from hub.core.frames import binary_frame
from hub.core.protocol import Command, Disconnect
from hub.core.wire import Payload
from hub.protobuf import client_pb2
from hub.protobuf.codec import PROTOBUF
from hub.protobuf.reading import delimited
from tests.golden import CENTRIFUGO
from tests.unit.hub.core.codecs.golden import encoded_by, golden


def refusal_of(frame: Payload) -> str:
    """Return the words with which a frame is refused."""
    with pytest.raises(Disconnect) as caught:
        PROTOBUF.decode(frame)
    assert caught.value.code == 3501
    return caught.value.reason


def frame_of(command: client_pb2.Command) -> bytes:
    """Return a frame with one command."""
    data = command.SerializeToString()
    assert len(data) < 128
    return bytes([len(data)]) + data


@golden("commands")
def test_a_command_is_read(entry: dict[str, Any]) -> None:
    assert PROTOBUF.decode(bytes.fromhex(entry["protobuf"])) == [
        Command(entry["id"], entry["method"], entry["request"])
    ]


@pytest.mark.parametrize("kind", ["replies", "errors", "pushes", "publications"])
def test_what_the_server_says_is_written(kind: str) -> None:
    for entry in CENTRIFUGO[kind]:
        written = encoded_by(PROTOBUF, kind, entry)
        assert isinstance(written, bytes)
        assert written.hex() == entry["protobuf"], entry["says"]


def test_the_ping_is_an_empty_reply() -> None:
    assert PROTOBUF.ping == b"\x00"
    assert PROTOBUF.decode(b"\x00\x00") == [Command(0, "", {})] * 2


def test_commands_in_one_frame_stay_in_order() -> None:
    first = frame_of(client_pb2.Command(id=1, connect=client_pb2.ConnectRequest()))
    second = frame_of(client_pb2.Command(id=2, ping=client_pb2.PingRequest()))
    assert [command.method for command in PROTOBUF.decode(first + second)] == ["connect", "ping"]


def test_the_first_request_of_a_command_counts() -> None:
    command = client_pb2.Command(id=1, rpc=client_pb2.RPCRequest(), subscribe=client_pb2.SubscribeRequest())
    assert PROTOBUF.decode(frame_of(command)) == [Command(1, "subscribe", {})]


def test_what_is_not_known_is_passed_over() -> None:
    request = of_the_sdk.SubscribeRequest(channel="a")
    # Field 99, a text.
    data = of_the_sdk.Command(id=1, subscribe=request).SerializeToString() + b"\x9a\x06\x01x"
    assert PROTOBUF.decode(bytes([len(data)]) + data) == [Command(1, "subscribe", {"channel": "a"})]


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (b"", "expected a command, got none"),
        ("{}", "expected binary data, got text"),
        (b"\x05\x08\x01", "expected a message of 5 bytes, got 2"),
        (b"\x80", "expected the length of a message, got something else"),
        (b"\xff" * 20, "expected the length of a message, got something else"),
        (b"\xff" * 9 + b"\x01", "expected a message of 18446744073709551615 bytes, got 0"),
        (b"\x01\xff", "expected a message of the protocol, got something else"),
        # A text that is no UTF-8.
        (b"\x05\x22\x03\x0a\x01\xff", "expected a message of the protocol, got something else"),
    ],
)
def test_what_is_no_command_ends_the_connection(frame: Payload, words: str) -> None:
    assert refusal_of(frame) == words


@pytest.mark.parametrize("data", [b"x", b"\xff", b'"\\u0000"', b'{"a":1,"a":1}', b"[" * 40 + b"]" * 40])
def test_a_command_whose_payload_is_no_json_is_to_be_answered_with_an_error(data: bytes) -> None:
    publish = client_pb2.Command(id=1, publish=client_pb2.PublishRequest(channel="a", data=data))
    [command] = PROTOBUF.decode(frame_of(publish))
    assert (command.id, command.method, command.request) == (1, "publish", {})
    assert isinstance(command.refusal, BadRequest)
    publish.ClearField("id")
    assert refusal_of(frame_of(publish)) == command.refusal.message[:123]


def test_a_number_that_no_column_holds_is_to_be_answered_with_an_error() -> None:
    subscribe = client_pb2.SubscribeRequest(channel="a", offset=2**63)
    [command] = PROTOBUF.decode(frame_of(client_pb2.Command(id=1, subscribe=subscribe)))
    assert command.refusal is not None
    assert (
        command.refusal.message
        == "expected subscribe.offset to be at most 9223372036854775807, got 9223372036854775808"
    )


@pytest.mark.parametrize(
    "request_",
    [
        client_pb2.ConnectRequest(token="a\x00"),
        client_pb2.ConnectRequest(headers={"a": "\x00"}),
        client_pb2.ConnectRequest(subs={"\x00": client_pb2.SubscribeRequest()}),
    ],
)
def test_text_with_a_nul_is_to_be_answered_with_an_error(request_: client_pb2.ConnectRequest) -> None:
    [command] = PROTOBUF.decode(frame_of(client_pb2.Command(id=1, connect=request_)))
    assert command.refusal is not None
    assert command.refusal.message.endswith("to be text without NUL characters, got one")


def test_a_request_that_stands_alone_is_read() -> None:
    assert PROTOBUF.decode_request("connect", b"") == {}
    request = client_pb2.ConnectRequest(token="t", data=b"[1]")
    assert PROTOBUF.decode_request("connect", request.SerializeToString()) == {"token": "t", "data": [1]}
    for wrong in (b"\xff", client_pb2.ConnectRequest(data=b"x").SerializeToString()):
        with pytest.raises(Disconnect) as caught:
            PROTOBUF.decode_request("connect", wrong)
        assert caught.value.code == 3501


def test_a_wire_format_is_one_object_for_the_same_arguments() -> None:
    assert PROTOBUF.wire() is PROTOBUF.wire(bare=False)
    both = (False, True)
    several = {PROTOBUF.wire(bare=b, join_leave=j, delta=d) for b in both for j in both for d in both}
    assert len(several) == 8


def test_several_messages_follow_each_other_in_one_frame() -> None:
    assert PROTOBUF.join([b"\x00", b"\x01x"]) == b"\x00\x01x"
    assert PROTOBUF.frame(b"\x00") == PROTOBUF.wire().frame(b"\x00") == binary_frame(b"\x00")


def test_a_payload_that_is_no_json_is_not_written() -> None:
    with pytest.raises(BadRequest):
        PROTOBUF.reply(1, "rpc", {"data": float("nan")})


@given(st.integers(0, 2**20))
def test_the_length_of_a_message_is_read_as_it_was_written(length: int) -> None:
    frame = PROTOBUF.push("message", {"data": "x" * length})
    assert [len(message) for message in delimited(frame + b"\x00")][1:] == [0]
