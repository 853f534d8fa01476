"""Whether the hub answers: what `GET /health` says, and which parts are not ready."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

#: Seconds for one answer. A connection made before any server process is up waits in the listener's queue.
_TIMEOUT = 5.0
_LONGEST_ANSWER = 65_536


@dataclass(frozen=True)
class Health:
    """One answer of `/health`."""

    status: int
    #: State of each part it names: `ok`, or why it is not.
    parts: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_ready(self) -> bool:
        """Whether it says that everything works."""
        return self.status == 200

    @property
    def complaints(self) -> list[str]:
        """The parts that do not work, each with the reason."""
        found = [f"{name} ({state})" for name, state in self.parts.items() if state != "ok"]
        return found or ([] if self.is_ready else [f"/health (answers {self.status})"])


async def ask_health(address: tuple[str, int], host_header: str) -> Health | None:
    """Ask the hub at `address` for its health, under the name `host_header`. None when no answer comes."""
    try:
        async with asyncio.timeout(_TIMEOUT):
            return parse_health(await _get(address, host_header))
    except (OSError, TimeoutError, ValueError):
        return None


async def _get(address: tuple[str, int], host_header: str) -> bytes:
    reader, writer = await asyncio.open_connection(*address)
    try:
        # HTTP/1.0: the answer ends with the connection and comes unchunked.
        writer.write(f"GET /health HTTP/1.0\r\nHost: {host_header}\r\n\r\n".encode())
        await writer.drain()
        return await reader.read(_LONGEST_ANSWER)
    finally:
        writer.close()


def parse_health(answer: bytes) -> Health:
    """Return what the bytes of an HTTP answer say.

    Raises:
        ValueError: they are no HTTP answer.
    """
    head, _, body = answer.partition(b"\r\n\r\n")
    words = head.split(b"\r\n", 1)[0].split()
    if len(words) < 2 or not words[0].startswith(b"HTTP/"):
        raise ValueError(f"expected an HTTP answer, got {answer[:80]!r}")
    return Health(int(words[1]), _parts(body))


def _parts(body: bytes) -> dict[str, str]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    parts = found.get("parts") if isinstance(found, dict) else None
    return {str(name): str(state) for name, state in parts.items()} if isinstance(parts, dict) else {}
