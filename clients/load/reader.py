"""A reader of one stream that comes back by its position, and notes everything it gets."""

import asyncio
import hashlib
import json
import random
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode

from clients.load.history import Closed, History, Loaded, Opened, Seen
from clients.load.link import NO_CODE, Link, LinkClosed, Server, open_link
from clients.load.snapshot import NotLoaded, load_snapshot
from clients.refusals import close_code_is_final

#: Longest and shortest wait before a reader comes back, in seconds.
LONGEST_WAIT = 4.0
FIRST_WAIT = 0.25
#: Bytes that a slow reader takes at a time.
SIP = 2_048
#: Seconds between two reconnects of a reader that wanders, on average.
STAY = 4.0


@dataclass(frozen=True)
class Habits:
    """How a reader behaves."""

    #: It leaves and comes back at random.
    wanders: bool = False
    #: Seconds that it lets pass between two looks at what came; 0 for a reader that takes all at once.
    pause: float = 0.0


class Reader:
    """Reads one room.

    Arguments:
        server: where.
        name: its own name in the history.
        slug: of the room.
        history: gets what it saw.
        habits: how it behaves.
        chance: decides when it leaves and how long it waits.
    """

    def __init__(
        self, server: Server, name: str, slug: str, history: History, habits: Habits, chance: random.Random
    ) -> None:
        self._server = server
        self.name = name
        self.slug = slug
        self.stream = f"chat:{slug}"
        self._history = history
        self.habits = habits
        self._chance = chance
        self._hurry = asyncio.Event()
        self._session = 0
        self._failures = 0
        #: Where it stands.
        self.epoch = ""
        self.offset = 0
        #: Whether it has been let in, whether it is just now, and whether it was sent away for good.
        self.welcomed = False
        self.is_open = False
        self.refused: int | None = None
        #: Whether it was told that it cannot go on from where it stands, and how often.
        self._must_load = False
        self.told = 0
        #: Connections that ended without its doing, by close code, and times that it came back.
        self.codes: list[int] = []
        self.reconnects = 0
        #: Seconds that it was without a connection at the longest, not by its own doing.
        self.longest_silence = 0.0
        self._silent_since: float | None = None

    def hurry(self) -> None:
        """Be slow and wander no more: what is left is to get to the end."""
        self._hurry.set()

    async def run(self) -> None:
        """Read until cancelled, or until the server says that there is no point in coming back."""
        while self.refused is None:
            try:
                if self._must_load:
                    await self._load()
                await self._visit()
            except LinkClosed as ended:
                self._note_end(ended.code)
            except NotLoaded:
                # Tried again, as a connection that is not to be had.
                pass
            if self.refused is None:
                self._failures += 1
                await asyncio.sleep(
                    self._chance.uniform(0, min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(self._failures, 8)))
                )

    def _note_end(self, code: int) -> None:
        self.is_open = False
        self.codes.append(code)
        if self._silent_since is None:
            self._silent_since = time.monotonic()
        # Below 1000 it is the HTTP status of a refused handshake; 403 there says the same as 3507 later.
        if close_code_is_final(code) or 400 <= code < 500:
            self.refused = code

    async def _load(self) -> None:
        loaded = await load_snapshot(self._server, self.slug)
        self.epoch, self.offset, self._must_load = loaded.epoch, loaded.offset, False
        record = Loaded(self.name, self._session, self.stream, loaded.epoch, loaded.offset, loaded.keys, time.time())
        self._history.add(record)

    async def _visit(self) -> None:
        self._session += 1
        query = urlencode({"since": self.offset, "epoch": self.epoch})
        buffer = SIP if self.habits.pause else 65_536
        link = await open_link(self._server, f"/ws/chat/{quote(self.slug)}/?{query}", buffer=buffer)
        leaving = self._leave_later(link)
        own = False
        try:
            await self._read(link)
        except LinkClosed as ended:
            own = self._must_load or (leaving is not None and leaving.done())
            self._history.add(Closed(self.name, self._session, self.stream, ended.code, time.time(), own))
            if not own:
                raise
        finally:
            self.is_open = False
            link.drop()
            if leaving is not None:
                leaving.cancel()

    def _leave_later(self, link: Link) -> asyncio.Task[None] | None:
        if not self.habits.wanders or self._hurry.is_set():
            return None
        return asyncio.create_task(self._leave(link, self._chance.expovariate(1 / STAY)))

    async def _leave(self, link: Link, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hurry.wait()
                # No need to go any more; the task stays so that it does not look as if it had gone.
                await asyncio.get_running_loop().create_future()
        link.drop()

    async def _read(self, link: Link) -> None:
        while True:
            # Not before it was let in: the run waits for that.
            if self.habits.pause and self.is_open and not self._hurry.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(self.habits.pause):
                        await self._hurry.wait()
            most = SIP if self.habits.pause and not self._hurry.is_set() else 65_536
            self._take(await link.receive(most=most))
            if self._must_load:
                # What else comes here does not follow anything that it knows.
                raise LinkClosed(NO_CODE, "a snapshot is to be loaded")

    def _take(self, text: str) -> None:
        message = json.loads(text)
        if "hello" in message:
            self._enter(message["hello"])
        elif "offset" in message:
            self._note(message, text)

    def _enter(self, hello: dict[str, object]) -> None:
        epoch, offset = str(hello["epoch"]), int(str(hello["offset"]))
        recovered = hello["recovered"] is True
        self.reconnects += self.welcomed
        self.welcomed = self.is_open = True
        if self._silent_since is not None:
            self.longest_silence = max(self.longest_silence, time.monotonic() - self._silent_since)
            self._silent_since = None
        self._failures = 0
        self._history.add(Opened(self.name, self._session, self.stream, epoch, offset, recovered, time.time()))
        if recovered:
            self.epoch, self.offset = epoch, offset
        else:
            self._must_load, self.is_open = True, False
            self.told += 1

    def _note(self, event: dict[str, object], text: str) -> None:
        offset, data = int(str(event["offset"])), event.get("data")
        body = data.get("body") if isinstance(data, dict) and event.get("type") == "message.created" else None
        # The first word of a numbered post is its key.
        key = body.split(" ", 1)[0] if isinstance(body, str) else None
        digest = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
        at = datetime.fromisoformat(str(event["at"])).timestamp()
        seen = Seen(self.name, self._session, self.stream, self.epoch, offset, key, digest, time.time(), at)
        self._history.add(seen)
        # What does not follow is the checker's to judge; it is asked for again at the next reconnect.
        if offset == self.offset + 1:
            self.offset = offset
