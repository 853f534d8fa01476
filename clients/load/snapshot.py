"""The snapshot of a room: all of its messages, and the position that they stand at."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from clients.load.link import Server, request


class NotLoaded(Exception):
    """The server did not give a snapshot just now. Its text is a sentence."""


@dataclass(frozen=True)
class Snapshot:
    """What was in a room, and where to go on from."""

    epoch: str
    offset: int
    #: The first word of each message: the key of a numbered post.
    keys: tuple[str, ...]


async def load_snapshot(server: Server, slug: str) -> Snapshot:
    """Load a room's messages, page by page, the latest first.

    Raises:
        NotLoaded: the server did not answer as it should.
    """
    path = f"/api/v1/rooms/{quote(slug)}/messages/?limit=200"
    page = latest = await _page(server, path)
    keys = _keys(page)
    while (older := page["older"]) is not None:
        page = await _page(server, f"{path}&before={older}")
        keys = _keys(page) + keys
    # The latest page's position was read before any row: what came meanwhile is behind it, and comes as an event.
    position = latest["position"]
    return Snapshot(position["epoch"], position["offset"], tuple(keys))


def _keys(page: dict[str, Any]) -> list[str]:
    return [message["body"].split(" ", 1)[0] for message in page["results"]]


async def _page(server: Server, path: str) -> dict[str, Any]:
    try:
        status, answer = await request(server, "GET", path)
    except (OSError, TimeoutError, ValueError) as error:
        raise NotLoaded(f"expected a page of messages, got {type(error).__name__}: {error}") from error
    if status != 200:
        raise NotLoaded(f"expected a page of messages, got HTTP {status}: {answer}")
    return answer
