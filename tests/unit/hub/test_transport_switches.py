"""The ways into the hub can be closed one by one."""

from typing import Any

import pytest
from pytest_django import Settings

from hub.centrifugo_config import TRANSPORTS
from hub.core.asgi import Receive, Scope, Send
from hub.sessions.routing import ADDRESSES, SessionRouter
from hub.sessions.switches import is_open
from hub.sessions.websocket import let_in


@pytest.mark.parametrize("name", TRANSPORTS)
def test_a_transport_is_open_unless_it_is_switched_off(name: str, settings: Settings) -> None:
    assert is_open(f"/connection/{name}")
    settings.HUBBUB_TRANSPORTS = [other for other in TRANSPORTS if other != name]
    assert not is_open(f"/connection/{name}")
    assert is_open("/ws/chat/lobby/")


def test_what_is_asked_beside_a_stream_is_open_where_one_of_the_streams_is(settings: Settings) -> None:
    for name in ("sse", "http_stream"):
        settings.HUBBUB_TRANSPORTS = [name]
        assert is_open("/emulation")
    settings.HUBBUB_TRANSPORTS = ["websocket", "uni_sse"]
    assert not is_open("/emulation")


async def receive() -> dict[str, Any]:
    return {"type": "websocket.connect"}


async def test_a_request_to_a_transport_that_is_closed_is_the_sites(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[str] = []

    async def site(scope: Scope, receive: Receive, send: Send) -> None:
        served.append("site")

    async def stream(scope: Scope, receive: Receive, send: Send) -> None:
        served.append("stream")

    async def send(message: Any) -> None:
        raise AssertionError("nobody answers here")

    monkeypatch.setitem(ADDRESSES, "/connection/sse", stream)
    for transports in (["sse"], []):
        settings.HUBBUB_TRANSPORTS = transports
        await SessionRouter(site)({"type": "http", "path": "/connection/sse"}, receive, send)
    assert served == ["stream", "site"]


@pytest.mark.parametrize("name", ["websocket", "uni_websocket"])
async def test_a_socket_to_a_transport_that_is_closed_is_refused(name: str, settings: Settings) -> None:
    sent: list[str] = []

    async def send(message: Any) -> None:
        sent.append(message["type"])

    scope: Scope = {"type": "websocket", "path": f"/connection/{name}", "headers": [], "subprotocols": []}
    assert await let_in(scope, receive, send)
    settings.HUBBUB_TRANSPORTS = ["sse"]
    assert not await let_in(scope, receive, send)
    assert sent == ["websocket.accept", "websocket.close"]
