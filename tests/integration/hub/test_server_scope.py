"""What an application is told of a WebSocket, and the frames that it may write itself."""

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests import servers
from tests.integration.hub.conftest import start_server
from tests.integration.hub.wire import HANDSHAKE, TEXT, Wire, request
from tests.programs import Server, stopped

APPLICATION = "tests.integration.hub.scope_application:application"
PROXY = ("--root-path", "/hub", "--proxy-headers")
#: What there is beyond Daphne.
EXTENSIONS = {"hubbub.frames": {"write": "method"}, "hubbub.work": {"begin": "method", "end": "method"}}


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[Server, Server]]:
    """This server, and plain Daphne, with the same options."""
    with servers.temporary_var() as var, ExitStack() as running:
        own = running.enter_context(stopped(start_server(var, APPLICATION, *PROXY)))
        command = (sys.executable, "-m", "daphne", "-p", "0", *PROXY, APPLICATION)
        daphne = running.enter_context(stopped(Server(*command, env=servers.environment_of(var))))
        yield own, daphne
        assert "Traceback" not in own.output, own.output


def scope_of(server: Server, data: bytes, *, in_pieces: bool = False) -> Any:
    """Return the scope that a handshake leads to."""
    with Wire(server) as client:
        if in_pieces:
            client.send(data[:20])
            client.send(data[20:])
        else:
            client.send(data)
        assert client.answer()[0] == 101
        opcode, payload = client.frame()
    assert opcode == TEXT
    scope = json.loads(payload)
    # They have a port each, of client and server.
    for name in ("client", "server"):
        scope[name] = scope[name] and (scope[name][0], scope[name][1] > 0)
    scope["headers"] = [header for header in scope["headers"] if header[0] != "host"]
    return scope


HEADS = {
    "plain": request(path="/", **HANDSHAKE),
    "a query": request(path="/a/b?since=0&x=%20+&x=", **HANDSHAKE),
    "a path in percent": request(path="/caf%C3%A9/%2F/a%20b/", **HANDSHAKE),
    "subprotocols": request(path="/", **HANDSHAKE, Sec_WebSocket_Protocol="one,two ,  three"),
    "headers of all kinds": request(
        path="/", **HANDSHAKE, Cookie="a=b; c=d", X_Empty="", X_Blank=" \t a  b ", AUTHORIZATION="Bearer x"
    ),
    "a header twice": request(path="/", **HANDSHAKE).replace(b"\r\n\r\n", b"\r\nX-One: 1\r\nx-one: 2\r\n\r\n"),
    "headers that could be taken for others": request(path="/", **HANDSHAKE, Daphne_Root_Path="/evil").replace(
        b"\r\n\r\n", b"\r\nX_Forwarded_For: 1.2.3.4\r\n\r\n"
    ),
    "from a proxy": request(path="/", **HANDSHAKE, X_Forwarded_For="192.0.2.1, 10.0.0.1", X_Forwarded_Port="17"),
    "with a host": request(path="http://localhost/a?b=c", **HANDSHAKE),
}


@pytest.mark.parametrize("what", HEADS)
def test_the_scope_is_the_one_of_plain_daphne(both: tuple[Server, Server], what: str) -> None:
    own, daphne = both
    expected = scope_of(daphne, HEADS[what])
    # A client's word for the root path is not taken here.
    expected |= {"root_path": "/hub", "extensions": EXTENSIONS}
    assert scope_of(own, HEADS[what]) == expected
    assert scope_of(own, HEADS[what], in_pieces=True) == expected


def test_the_scope_is_really_compared(both: tuple[Server, Server]) -> None:
    scope = scope_of(both[0], HEADS["a query"])
    assert (scope["path"], scope["query_string"], scope["type"]) == ("/a/b", "since=0&x=%20+&x=", "websocket")
    assert ["upgrade", "websocket"] in scope["headers"]


BAD = {
    "a fragment": request(path="/a#b", **HANDSHAKE),
    "a port that is none": request(path="/", **(HANDSHAKE | {"Host": "localhost:no"})),
    "an origin without a host": request(path="/", **HANDSHAKE, Origin="nowhere"),
    "an origin with a port that is none": request(path="/", **HANDSHAKE, Origin="http://a:b"),
    "a subprotocol twice": request(path="/", **HANDSHAKE, Sec_WebSocket_Protocol="one, two,one"),
    "a path that is not ASCII": request(path="/é", **HANDSHAKE),
    **{
        f"the byte {byte:#x} in a value": request(path="/", **HANDSHAKE).replace(
            b"\r\n\r\n", b"\r\nX-One: a%cX-Forwarded-For: 1.2.3.4\r\n\r\n" % byte
        )
        for byte in (0x0B, 0x0C, 0x1C, 0x1D, 0x1E, 0x85)
    },
}


@pytest.mark.parametrize("what", BAD)
def test_what_plain_daphne_refuses_is_refused(both: tuple[Server, Server], what: str) -> None:
    for server in both:
        with Wire(server) as client:
            client.send(BAD[what])
            assert client.answer()[0] == 400


def test_frames_are_written_until_the_client_takes_no_more_and_none_is_lost(both: tuple[Server, Server]) -> None:
    own, _ = both
    with Wire(own, room=4_096).open("/frames") as client:
        own.wait_for("full")
        number = int(next(line for line in own.lines if line.startswith("full")).split()[1])
        assert number > 0
        assert "drained" not in own.output
        received = [client.frame() for _ in range(number + 2)]
    assert received[:-2] == [(TEXT, b"%1000d" % at) for at in range(number)]
    assert received[-2:] == [(TEXT, b"full"), (TEXT, b"the end")]
    own.wait_for("drained True")
    own.wait_for("gone False")
