"""Where the load goes: the addresses, rooms and messages of a hub, or of any server that tells all to everybody."""

import asyncio
import itertools
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from clients.load.link import Server, request
from clients.load.swarm import NotLetIn, Socket, Tally, open_socket, stamped

#: Rooms that are made at the same time.
AT_ONCE = 8


@dataclass
class Site:
    """A server to put load on.

    Without a path it is a hub: rooms are made, and messages posted by the command `message.post`; or, where a stream is
    named, its streams are there already, and messages posted by the command `publish`.
    """

    server: Server
    #: The path of one socket that gives each message to everybody who has opened it, with nothing asked or answered.
    path: str | None = None
    #: A stream of the hub, e.g. `live:hall`; those of more rooms than one have a dot and a number behind it.
    stream: str | None = None
    #: Characters of a message.
    size: int = 100
    run: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    _rooms: "itertools.count[int]" = field(default_factory=itertools.count)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    @property
    def is_hub(self) -> bool:
        """Whether it speaks the hub's protocol."""
        return self.path is None

    async def make_rooms(self, count: int) -> list[str]:
        """Make rooms, and return their slugs, or the names of streams; a server that is no hub has one without a name.

        Raises:
            NotLetIn: a room could not be made.
        """
        if not self.is_hub:
            return [""] * count
        if self.stream is not None:
            return [self.stream if count == 1 else f"{self.stream}.{number}" for number in range(count)]
        slugs = [f"load-{self.run}-{next(self._rooms)}" for _ in range(count)]
        for start in range(0, count, AT_ONCE):
            await asyncio.gather(*map(self._make_room, slugs[start : start + AT_ONCE]))
        return slugs

    async def _make_room(self, slug: str) -> None:
        try:
            status, answer = await request(
                self.server, "POST", "/api/v1/rooms/", {"slug": slug, "title": f"Load {slug}"}, timeout=60
            )
        except (OSError, TimeoutError, ValueError) as error:
            raise NotLetIn(f"expected a hub at {self.server.url}, got: {str(error) or type(error).__name__}") from None
        if status != 201:
            raise NotLetIn(f"expected to make the room {slug}, got HTTP {status}: {answer}")

    def address(self, room: str, query: Mapping[str, str]) -> str:
        """Return the WebSocket address of a room."""
        path = self.path
        if path is None:
            path = f"/ws/chat/{room}/" if self.stream is None else f"/ws/stream/{quote(room, safe='')}/"
        return self.server.url.replace("http", "ws", 1) + path + (f"?{urlencode(query)}" if query else "")

    async def open(
        self,
        room: str,
        tally: Tally,
        *,
        sampled: bool = False,
        on_event: Callable[[], None] | None = None,
        since: Mapping[str, str] | None = None,
    ) -> Socket:
        """Open a socket that reads a room.

        Arguments:
            tally, sampled, on_event: as for `Socket`.
            since: the position to go on from, as the query of the address.
        Raises:
            NotLetIn
        """
        headers = {"Authorization": f"Bearer {self.server.token}"} if self.server.token else {}
        socket = Socket(tally, sampled=sampled, on_event=on_event)
        if not self.is_hub:
            # Such servers take cookies at most, and look where the page came from.
            headers = {"Origin": self.server.url}
        return await open_socket(self.address(room, since or {}), headers, socket, hello=self.is_hub)

    def message(self) -> str:
        """Return the text that posts a message, with the time of now in it."""
        body = stamped(self.size)
        if not self.is_hub:
            return json.dumps({"body": body})
        number = next(self._numbers)
        if self.stream is not None:
            return json.dumps({"id": number, "command": "publish", "data": {"data": {"body": body}}})
        return json.dumps({"id": number, "command": "message.post", "data": {"body": body}})
