"""What stands for a connection: it runs a reader, and reads the frames that are written to it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

from hub.deliver import EncodedEvent, Reader


async def keep_running(reader: Reader, catch_up: Callable[[Reader], Awaitable[list[EncodedEvent]]]) -> None:
    """Run a reader whenever it has something to do, until cancelled or until it fails."""
    while True:
        work = asyncio.Event()
        reader.on_work = work.set
        await reader.run(catch_up)
        await work.wait()


def texts(frames: bytes) -> Iterator[str]:
    """Return the messages of frames of a server."""
    while frames:
        length, start = frames[1], 2
        if length >= 126:
            start = 4 if length == 126 else 10
            length = int.from_bytes(frames[2:start], "big")
        yield frames[start : start + length].decode()
        frames = frames[start + length :]
