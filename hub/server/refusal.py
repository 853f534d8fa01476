"""The answer to a request that is not taken."""

from dataclasses import dataclass
from http import HTTPStatus


@dataclass(frozen=True)
class Refusal:
    """The answer to a request that is not taken."""

    status: int
    #: What was wrong, for whoever wrote the client.
    text: str
    headers: tuple[tuple[bytes, bytes], ...] = ()

    @property
    def body(self) -> bytes:
        """What the text is sent as."""
        return f"{self.text}\n".encode()

    @property
    def phrase(self) -> bytes:
        """The words beside the status."""
        return HTTPStatus(self.status).phrase.encode()

    @property
    def all_headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """The headers, with those that describe the body."""
        length = b"%d" % len(self.body)
        return (*self.headers, (b"Content-Type", b"text/plain; charset=utf-8"), (b"Content-Length", length))

    def encode(self) -> bytes:
        """Return a whole response, after which the connection ends."""
        headers = (*self.all_headers, (b"Connection", b"close"))
        lines = [b"%s: %s" % header for header in headers]
        return b"\r\n".join([b"HTTP/1.1 %d %s" % (self.status, self.phrase), *lines, b"", self.body])
