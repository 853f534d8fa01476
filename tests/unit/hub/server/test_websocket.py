"""What the application says of a connection that is over changes nothing any more."""

import pytest

from hub.server.websocket import FlowWebSocketProtocol


@pytest.mark.parametrize("headers", [[], [(b"x-one", b"1")]])
@pytest.mark.parametrize("name", ["STATE_CLOSED", "STATE_CLOSING", "STATE_OPEN"])
def test_an_answer_that_comes_too_late_does_not_open_the_connection(
    name: str, headers: list[tuple[bytes, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    protocol = object.__new__(FlowWebSocketProtocol)
    protocol.state = getattr(protocol, name)
    accepted: list[object] = []
    monkeypatch.setattr(FlowWebSocketProtocol, "serverAccept", lambda *arguments: accepted.append(arguments))
    protocol.handle_reply({"type": "websocket.accept", "headers": headers})
    assert accepted == []
    protocol.state = protocol.STATE_CONNECTING
    protocol.handle_reply({"type": "websocket.accept", "headers": headers})
    assert len(accepted) == 1
