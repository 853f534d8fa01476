"""Server addresses as people write them, made exact, and shown without the secrets they may carry."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit

WEBSOCKET_SCHEMES = {"ws": "ws", "wss": "wss", "http": "ws", "https": "wss"}
HTTP_SCHEMES = {"http": "http", "https": "https"}

#: Where the Centrifugo protocol is spoken, when an address names no path.
STREAMS_PATH = "/connection/websocket"

# What RFC 3986 allows in a path besides letters and digits; `%` because it may be quoted already.
_PATH_CHARACTERS = "/%:@!$&'()*+,;=-._~"


@dataclass(frozen=True)
class Address:
    """A checked address. As text it is without its query, which may hold a token."""

    base: str
    query: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return self.base

    def of_streams(self) -> "Address":
        """Return the address where many streams are read: the same one, except that a server alone is completed."""
        server, path = self.base.rstrip("/"), urlsplit(self.base).path
        return self if path.strip("/") else Address(server + STREAMS_PATH, self.query)

    def url(self, more: Mapping[str, str]) -> str:
        """Return the whole URL with `more` query parameters added."""
        query = urlencode([*self.query, *more.items()])
        return f"{self.base}?{query}" if query else self.base


def subscribe_address(text: str) -> Address:
    """Return the websocket address that `text` names; http and https become ws and wss.

    Raises:
        ValueError: it is no such address; the text of the error is a sentence for people.
    """
    parts = _split(text, WEBSOCKET_SCHEMES, "ws://127.0.0.1:8000/ws/chat/lobby/")
    query = tuple(parse_qsl(parts.query, keep_blank_values=True))
    if {"since", "epoch"} & {name for name, _ in query}:
        raise ValueError("give the position with --since and --epoch, not in the URL: it changes at every reconnect")
    path = quote(parts.path or "/", safe=_PATH_CHARACTERS)
    return Address(f"{WEBSOCKET_SCHEMES[parts.scheme]}://{parts.netloc}{path}", query)


def server_address(text: str) -> str:
    """Return the http address of a server, without a slash at its end.

    Raises:
        ValueError: it is no such address; the text of the error is a sentence for people.
    """
    parts = _split(text, HTTP_SCHEMES, "http://127.0.0.1:8000")
    if parts.query:
        raise ValueError("expected the address of a server without a query")
    return f"{parts.scheme}://{parts.netloc}{quote(parts.path, safe=_PATH_CHARACTERS)}".rstrip("/")


def _split(text: str, schemes: Mapping[str, str], example: str) -> SplitResult:
    try:
        parts = urlsplit(text.strip())
        host, _ = parts.hostname, parts.port
        # A name that cannot be encoded would fail later, at each attempt, as if the network were at fault.
        (host or "").encode("idna")
    except ValueError as error:
        raise ValueError(f"expected an address such as {example}: {error}") from None
    if parts.scheme not in schemes or not host:
        raise ValueError(f"expected an address such as {example} that starts with {', '.join(schemes)}")
    if any(character.isspace() or not character.isprintable() for character in parts.netloc):
        raise ValueError("expected an address without blanks in the host name")
    if "@" in parts.netloc:
        raise ValueError("a name and password in the address are not supported: give a token")
    return parts
