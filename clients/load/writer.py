"""A writer: posts numbered messages into one room, and repeats each with its key until it knows what became of it."""

import asyncio
import json
import time
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from clients.load.history import History, Outcome, Posted
from clients.load.link import Link, LinkClosed, Server, open_link, request
from clients.refusals import status_is_final

#: Seconds that one attempt may take.
ATTEMPT_SECONDS = 10.0
#: Seconds between two attempts.
PAUSE = 0.25


class Unknown(Exception):
    """Nobody knows whether the attempt had its effect."""


class Refused(Exception):
    """The server says that it has done nothing, and would not the next time."""


class Writer:
    """Posts into one room, one message after another.

    Arguments:
        server: where.
        run: begins every key, so that no two runs have one in common.
        slug: of the room.
        over_rest: by REST; else over a WebSocket.
        size: characters of each message.
        history: gets what was posted.
    """

    def __init__(self, server: Server, run: str, slug: str, *, over_rest: bool, size: int, history: History) -> None:
        self._server = server
        self._run = run
        self._slug = slug
        self._stream = f"chat:{slug}"
        self._post_once = self._over_rest if over_rest else self._over_socket
        self._size = size
        self._history = history
        self._link: Link | None = None
        self._listening: asyncio.Task[None] | None = None
        #: Replies that are waited for, by the command's id.
        self._replies: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._number = 0
        #: Attempts that failed or whose outcome nobody knows, and the longest that one took, in seconds.
        self.errors = 0
        self.slowest = 0.0
        #: What was refused for good.
        self.refused: list[str] = []

    async def post(self, deadline: float) -> None:
        """Post the next message, and repeat it until its outcome is known, or the deadline passes.

        Arguments:
            deadline: in seconds of the loop's clock.
        """
        self._number += 1
        key = f"{self._run}-{self._slug}-{self._number}"
        self._note(key, Outcome.INVOKE)
        clock = asyncio.get_running_loop().time
        while True:
            began = clock()
            try:
                await self._post_once(key)
            except Refused as error:
                self.errors += 1
                self.refused.append(str(error))
                self._note(key, Outcome.FAIL)
                return
            except Unknown:
                self.errors += 1
                self._note(key, Outcome.INFO)
                if clock() >= deadline:
                    return
                await asyncio.sleep(PAUSE)
                continue
            finally:
                self.slowest = max(self.slowest, clock() - began)
            self._note(key, Outcome.OK)
            return

    def close(self) -> None:
        """Let go of the connection."""
        if self._listening is not None:
            self._listening.cancel()
        self._hang_up()

    def _note(self, key: str, outcome: Outcome) -> None:
        self._history.add(Posted(self._run, self._stream, key, outcome, time.time()))

    def _body(self, key: str) -> dict[str, object]:
        return {"body": f"{key} ".ljust(self._size, "."), "key": key}

    async def _over_rest(self, key: str) -> None:
        path = f"/api/v1/rooms/{quote(self._slug)}/messages/"
        try:
            status, answer = await request(self._server, "POST", path, self._body(key), timeout=ATTEMPT_SECONDS)
        except (OSError, TimeoutError, ValueError) as error:
            raise Unknown from error
        if status_is_final(status):
            raise Refused(f"HTTP {status}: {answer}")
        if status not in (200, 201):
            raise Unknown

    async def _over_socket(self, key: str) -> None:
        replied = self._replies[key] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(ATTEMPT_SECONDS):
                link = self._link or await self._dial()
                link.send({"id": key, "command": "message.post", "data": self._body(key)})
                answer = await replied
        except (LinkClosed, TimeoutError) as error:
            self._hang_up()
            raise Unknown from error
        finally:
            del self._replies[key]
        error_code = (answer.get("error") or {}).get("code")
        # Of the server's own trouble nobody knows what came of it; all else it has refused.
        if error_code in (100, 111):
            raise Unknown
        if error_code is not None:
            raise Refused(str(answer["error"]))

    async def _dial(self) -> Link:
        link = self._link = await open_link(self._server, f"/ws/chat/{quote(self._slug)}/")
        self._listening = asyncio.create_task(self._listen(link))
        return link

    async def _listen(self, link: Link) -> None:
        """Take what comes, all the time: pings want an answer, and a connection that ended is not to be posted on."""
        try:
            while True:
                message = json.loads(await link.receive())
                if (replied := self._replies.get(message.get("id"))) is not None and not replied.done():
                    replied.set_result(message)
        except LinkClosed as ended:
            if self._link is link:
                self._hang_up()
            for replied in self._replies.values():
                if not replied.done():
                    replied.set_exception(ended)

    def _hang_up(self) -> None:
        if self._link is not None:
            self._link.drop()
            self._link = None


async def post_at_rate(writer: Writer, rate: float, most: int, stop: asyncio.Event, patience: float) -> None:
    """Post until told to stop, or `most` messages were posted.

    Arguments:
        rate: messages a second, as far as the server keeps up.
        patience: seconds for which the last message is repeated after that.
    """
    clock = asyncio.get_running_loop().time
    next_at = clock()
    try:
        for _ in range(most):
            with suppress(TimeoutError):
                async with asyncio.timeout_at(next_at):
                    await stop.wait()
            if stop.is_set():
                return
            next_at = max(next_at + 1 / rate, clock() - 1)
            # However long it takes: what was begun is to have an outcome.
            await writer.post(clock() + patience)
    finally:
        writer.close()
