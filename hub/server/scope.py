"""The ASGI scope of a WebSocket: what Daphne makes of a handshake."""

from typing import Any
from urllib.parse import unquote, urlsplit

from daphne.utils import parse_x_forwarded_for

from hub.core.asgi import Scope
from hub.server.handshake import Head

Address = list[Any] | None


def make_scope(head: Head, transport: Any, server: Any) -> Scope:
    """Return the scope of a WebSocket (ASGI, WebSocket connection scope).

    Arguments:
        head: of its handshake.
        transport: that it came over.
        server: Daphne's, for its options about proxies.
    Raises:
        ValueError: a proxy says what is no text.
    """
    target, _, query = head.target.partition(b"?")
    path = target.decode("ascii")
    if not path.startswith("/"):
        # With scheme and host before it (RFC 9112, 3.2.2), which say nothing new.
        path = urlsplit(path).path
    headers = _headers(head)
    client, own = _addresses(transport)
    if server.proxy_forwarded_address_header:
        client, _ = parse_x_forwarded_for(
            dict(headers),
            server.proxy_forwarded_address_header,
            server.proxy_forwarded_port_header,
            server.proxy_forwarded_proto_header,
            client,
        )
    return {
        "type": "websocket",
        "path": unquote(path),
        "raw_path": path.encode("ascii"),
        "root_path": server.root_path,
        "headers": headers,
        "query_string": query,
        "client": client,
        "server": own,
        "subprotocols": _subprotocols(head),
    }


def _headers(head: Head) -> list[tuple[bytes, bytes]]:
    # An underscore would be taken for a dash by whoever makes variables of the names (CVE-2015-0219).
    return [
        (name, values[0] if len(values) == 1 else b",".join(values))
        for name, values in head.fields.items()
        if b"_" not in name and name != b"daphne-root-path"
    ]


def _addresses(transport: Any) -> tuple[Address, Address]:
    """Return client and server as host and port; None for both where they have none."""
    peer, host = transport.getPeer(), transport.getHost()
    if not hasattr(peer, "port"):
        return None, None
    return [str(peer.host), peer.port], [str(host.host), host.port]


def _subprotocols(head: Head) -> list[str]:
    values = head.values(b"sec-websocket-protocol")
    if not values:
        return []
    return [name.strip() for name in unquote(b",".join(values).decode("ascii")).split(",")]
