"""A TCP proxy that does what networks do: it delays, goes silent, resets connections, and cuts them in the middle."""

import asyncio
import socket
import struct
from contextlib import suppress
from pathlib import Path

_CHUNK = 65_536
#: How a transaction's end is asked for in PostgreSQL's protocol (53.7, Query): a text, and a zero.
_COMMIT = b"COMMIT\0"


class _Pipe:
    """One connection, and its counterpart to the target."""

    def __init__(self, near: asyncio.StreamWriter, far: asyncio.StreamWriter) -> None:
        self.near = near
        self.far = far
        #: Cleared, nothing passes in either direction, and neither side is told.
        self.open = asyncio.Event()
        self.open.set()
        #: The next thing that the target says is not passed on: the connection is reset instead.
        self.mute = False

    def reset(self) -> None:
        for writer in (self.near, self.far):
            connection = writer.get_extra_info("socket")
            if connection is not None:
                with suppress(OSError):
                    # A linger of no seconds sends RST instead of FIN.
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()


class FaultProxy:
    """Listens on a free port of 127.0.0.1, and passes everything on to a target until told otherwise.

    Arguments:
        host, port: the target.
        path: of a Unix socket that is the target instead.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0, *, path: Path | None = None) -> None:
        self._target = (host, port)
        self._path = path
        #: How many more commits are to lose their answer: what follows COMMIT of PostgreSQL's protocol is cut off.
        self.cut_commits = 0
        #: How many more commits are to be lost themselves: PostgreSQL never hears of them.
        self.lost_commits = 0
        self._pipes: set[_Pipe] = set()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        #: Seconds that each piece is held back.
        self.delay = 0.0
        #: Connections since the start.
        self.accepted = 0

    async def __aenter__(self) -> "FaultProxy":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.reset()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def port(self) -> int:
        """The port that it listens on."""
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def connections(self) -> int:
        """How many connections there are."""
        return len(self._pipes)

    def lead_to(self, port: int) -> None:
        """Have new connections go to another port of the target's host."""
        self._target = (self._target[0], port)

    def go_silent(self) -> int:
        """Let nothing pass on the connections there are, and tell nobody; new ones work. Returns how many they are."""
        for pipe in self._pipes:
            pipe.open.clear()
        return len(self._pipes)

    def reset(self) -> int:
        """Reset all connections. Returns how many they were."""
        pipes, self._pipes = self._pipes, set()
        for pipe in pipes:
            pipe.open.set()
            pipe.reset()
        return len(pipes)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        try:
            far_reader, far_writer = await self._reach()
        except OSError:
            writer.transport.abort()
            return
        pipe = _Pipe(writer, far_writer)
        self._pipes.add(pipe)
        copies = [
            asyncio.create_task(self._copy(reader, far_writer, pipe, watched=True)),
            asyncio.create_task(self._copy(far_reader, writer, pipe)),
        ]
        self._tasks.update(copies)
        await asyncio.wait(copies)
        self._tasks.difference_update(copies)
        self._pipes.discard(pipe)

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._path is not None:
            return await asyncio.open_unix_connection(self._path)
        return await asyncio.open_connection(*self._target)

    def _ends_here(self, data: bytes, pipe: _Pipe, watched: bool) -> bool:
        """Say whether a link is to be cut in place of passing a piece on."""
        if not watched:
            # The answer is here, so what was asked for is done; who asked never hears of it.
            return pipe.mute
        if _COMMIT in data:
            if self.lost_commits:
                self.lost_commits -= 1
                return True
            if self.cut_commits:
                self.cut_commits -= 1
                pipe.mute = True
        return False

    async def _copy(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, pipe: _Pipe, *, watched: bool = False
    ) -> None:
        try:
            while data := await source.read(_CHUNK):
                if self._ends_here(data, pipe, watched):
                    pipe.reset()
                    return
                await pipe.open.wait()
                if self.delay:
                    await asyncio.sleep(self.delay)
                sink.write(data)
                await sink.drain()
        except OSError:
            pass
        # An end is silent too where nothing passes.
        await pipe.open.wait()
        with suppress(OSError, RuntimeError):
            sink.close()
