"""Server processes that record who is there, as tests run them: several in one, each to be killed."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

from hub.presence import Recorder


class Recording:
    """A process with a recorder."""

    recorder: Recorder

    async def kill(self) -> None:
        """End it as `kill -9` does: nothing is taken back."""
        await self.recorder._background.stop()


P = TypeVar("P", bound=Recording)


@asynccontextmanager
async def recording(processes: Sequence[P]) -> AsyncIterator[list[P]]:
    """Have processes record while the block lasts."""
    for process in processes:
        process.recorder.start()
    try:
        yield list(processes)
    finally:
        for process in processes:
            await process.recorder.stop()
