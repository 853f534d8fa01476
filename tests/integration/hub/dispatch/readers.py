"""Server processes with readers, on a stepped loop and an unruly layer; and what each reader has got."""

import asyncio
import json

from hub import announce
from hub.core.errors import HubError
from hub.core.events import Position
from hub.deliver import Reader
from hub.dispatch import Dispatcher, Joined, LayerLink, StreamReset
from tests.integration.hub.dispatch.stepped_loop import SteppedLoop
from tests.integration.hub.dispatch.unruly_layer import Layer, Network
from tests.running import keep_running, texts


class Process:
    """One server process: a dispatcher, its link, and its layer.

    Arguments:
        loop: the loop of all processes.
        network: what stands for Redis.
    """

    def __init__(self, loop: SteppedLoop, network: Network) -> None:
        self._loop = loop
        self._network = network
        self.layer = Layer(network)
        network.layers.append(self.layer)
        self.dispatcher = Dispatcher(LayerLink(self.layer, announce.send_mark), clock=loop.time)
        self._start = loop.create_task(self.dispatcher.start())

    def end(self) -> None:
        """End it, as if it was killed: what is on the way to it goes nowhere."""
        self._network.layers.remove(self.layer)
        self._network.on_the_way = [one for one in self._network.on_the_way if one[0] is not self.layer]
        self._start.cancel()
        self._loop.create_task(self.dispatcher.stop())
        self._loop.come_to_rest()


class Client:
    """A client that reads a stream, and notes what it gets.

    Arguments:
        loop: the loop of its process.
        process: the process that it is connected to.
        stream: the stream's name.
        since: the position that it has, if it has one.
        room: bytes that may wait for it.
        takes_frames: whether its server takes whole frames.
    """

    def __init__(
        self,
        loop: SteppedLoop,
        process: Process,
        stream: str,
        since: Position | None,
        room: int,
        *,
        takes_frames: bool,
    ) -> None:
        self.process = process
        self.stream = stream
        self.since = since
        #: Offset and number of each logged event, as it came.
        self.got: list[tuple[int, int]] = []
        self.joined: Joined | None = None
        #: How it ended: `refused`, `reset`, `left`; empty while it reads.
        self.ended = ""
        self.failure: BaseException | None = None
        self._reader = Reader(stream, self._send, room, self._write if takes_frames else None)
        self._allowed = 0
        self._reads = asyncio.Event()
        self._reads.set()
        self._task = loop.create_task(self._read())

    @property
    def position(self) -> Position:
        """Where it stands."""
        assert self.joined is not None
        start = self.joined.position
        return Position(start.epoch, self.got[-1][0] if self.got else start.offset)

    @property
    def stalled(self) -> bool:
        """Whether it takes nothing, or not all, of what comes."""
        return not self._reads.is_set()

    def stall(self) -> None:
        """Take nothing from now on."""
        self._reads.clear()

    def read_on(self, messages: int | None = None) -> None:
        """Take so many messages; None: whatever comes."""
        self._allowed = messages or 0
        self._reads.set()

    def leave(self) -> None:
        """Go, as the consumer of a connection that is cut does."""
        self.ended = self.ended or "left"
        self.process.dispatcher.leave(self._reader)
        self._reader.close()
        self._task.cancel()

    async def _send(self, text: str) -> None:
        await self._reads.wait()
        if self._allowed:
            self._allowed -= 1
            if not self._allowed:
                self._reads.clear()
        self._note(text)

    def _write(self, frames: bytes) -> bool:
        if self.stalled or self._allowed:
            return False
        for text in texts(frames):
            self._note(text)
        return True

    def _note(self, text: str) -> None:
        message = json.loads(text)
        if "offset" in message:
            self.got.append((message["offset"], message["data"]["n"]))

    async def _read(self) -> None:
        try:
            self.joined = await self.process.dispatcher.join(self._reader, self.since)
            await keep_running(self._reader, self.process.dispatcher.catch_up)
        except HubError as error:
            self.ended = self.ended or "refused"
            if not error.temporary:
                self.failure = error
        except StreamReset:
            self.ended = self.ended or "reset"
        except Exception as error:
            self.failure = error
