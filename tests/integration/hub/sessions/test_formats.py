"""What a client asks for in the handshake of `/connection/websocket`, and what it gets."""

import json
from datetime import timedelta
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import User

from hub import tokens
from hub.protobuf import client_pb2
from tests.integration.sockets import TIMEOUT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("process")]


async def opened(query: str, *subprotocols: str) -> tuple[Any, str | None]:
    """Open a connection; return it, and the protocol that the server has chosen."""
    from asgi import application

    communicator = WebsocketCommunicator(application, "/connection/websocket" + query, subprotocols=list(subprotocols))
    accepted, chosen = await communicator.connect(TIMEOUT)
    assert accepted
    return communicator, chosen


async def connect(communicator: Any, message: bytes | str) -> dict[str, Any]:
    """Send a frame, return what is answered, and end the connection."""
    kind = "text" if isinstance(message, str) else "bytes"
    await communicator.send_input({"type": "websocket.receive", kind: message})
    output: dict[str, Any] = await communicator.receive_output(TIMEOUT)
    if not communicator.future.done():
        await communicator.send_input({"type": "websocket.disconnect", "code": 1000})
    await communicator.wait(TIMEOUT)
    return output


def as_json(user: User) -> str:
    return json.dumps({"id": 1, "connect": {"token": tokens.issue(user, timedelta(minutes=1))}})


def as_protobuf(user: User) -> bytes:
    """Return the same command, as its length, its id, and the request with its first field."""
    token = tokens.issue(user, timedelta(minutes=1)).encode()
    request = b"\x0a" + varint(len(token)) + token
    command = b"\x08\x01\x22" + varint(len(request)) + request
    return varint(len(command)) + command


def varint(number: int) -> bytes:
    return bytes((number,)) if number < 128 else bytes((number & 127 | 128,)) + varint(number >> 7)


@pytest.mark.parametrize(
    ("query", "offered", "chosen"),
    [
        ("", [], None),
        ("?format=json", [], None),
        ("", ["centrifuge-json"], "centrifuge-json"),
        ("", ["something", "centrifuge-json", "centrifuge-protobuf"], "centrifuge-json"),
    ],
)
async def test_a_client_that_asks_for_json_or_for_nothing_gets_json(
    ann: User, query: str, offered: list[str], chosen: str | None
) -> None:
    communicator, got = await opened(query, *offered)
    assert got == chosen
    output = await connect(communicator, as_json(ann))
    assert json.loads(output["text"])["connect"]["client"]


@pytest.mark.parametrize(
    ("query", "offered"),
    [("?format=protobuf", []), ("?cf_protocol=protobuf", []), ("", ["centrifuge-protobuf"])],
)
async def test_a_client_that_asks_for_protobuf_gets_it(ann: User, query: str, offered: list[str]) -> None:
    communicator, chosen = await opened(query, *offered)
    assert chosen == (offered[0] if offered else None)
    output = await connect(communicator, as_protobuf(ann))
    # Its length comes first: one byte, or two.
    sent = output["bytes"]
    reply = client_pb2.Reply.FromString(sent[2 if sent[0] > 127 else 1 :])
    assert reply.id == 1 and reply.connect.client


async def test_a_format_that_there_is_not_is_refused_for_good() -> None:
    communicator, _ = await opened("?format=xml")
    output = await communicator.receive_output(TIMEOUT)
    assert (output["type"], output["code"]) == ("websocket.close", 3506)
    await communicator.wait(TIMEOUT)
