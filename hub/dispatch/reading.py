"""Reading the log for readers that are behind: those that need the same page share one query.

After a restart thousands come back to a process that knows nothing yet. What they cost the database is a matter of how
many streams they read, not of how many they are.
"""

import asyncio
from collections.abc import Awaitable, Callable

from hub.background import Background
from hub.conf import conf
from hub.deliver import EncodedEvent
from hub.dispatch.pages import Pages, rest
from hub.dispatch.stream import LocalStream

Page = list[EncodedEvent]


class SharedReading:
    """Reads pages once for all who need them.

    Arguments:
        read: reads the page of a stream after an offset; without a hole, but it may begin later.
        is_current: whether a stream is still the one that is followed.
    """

    def __init__(
        self, read: Callable[[LocalStream, int], Awaitable[Page]], is_current: Callable[[LocalStream], bool]
    ) -> None:
        self._read = read
        self._is_current = is_current
        self._pages = Pages(conf.PAGE_CACHE_BYTES)
        # By stream and the offset that they begin after.
        self._under_way: dict[LocalStream, dict[int, asyncio.Future[Page]]] = {}
        self._background = Background()

    async def page(self, local: LocalStream, after: int) -> Page:
        """Return events after an offset that is known to be followed by another one.

        Returns:
            A page, or the rest of one; none, or what begins later, where the next event is no longer kept.
        Raises:
            HubError: the database does not answer.
        """
        if found := self._pages.find(local, after):
            return found
        reading = self._covering(local, after)
        if reading is not None and (found := rest(await asyncio.shield(reading), after)):
            return found
        # That one ended sooner, or was begun before the event was there: what is begun from now on sees all there is.
        # One that begins just here can only be of those, or it would have been waited for above.
        reading = self._under_way.get(local, {}).get(after) or self._begin(local, after)
        return await asyncio.shield(reading)

    def forget(self, local: LocalStream) -> None:
        """Let go of what is kept of a stream that is not followed any more."""
        self._pages.forget(local)

    async def stop(self) -> None:
        """End what is under way."""
        await self._background.stop()

    def _covering(self, local: LocalStream, after: int) -> asyncio.Future[Page] | None:
        """Return what is reading a page that may have what is needed; first of all one that begins just there."""
        under_way = self._under_way.get(local, {})
        starts = [start for start in under_way if start <= after < start + conf.PAGE_SIZE]
        return under_way[max(starts)] if starts else None

    def _begin(self, local: LocalStream, after: int) -> asyncio.Future[Page]:
        reading: asyncio.Future[Page] = asyncio.get_running_loop().create_future()
        self._under_way.setdefault(local, {})[after] = reading
        # Not a task of the reader that came first: it may go, and the others still wait.
        self._background.spawn(self._work(local, after, reading), f"hub-read-{local.name}")
        return reading

    async def _work(self, local: LocalStream, after: int, reading: asyncio.Future[Page]) -> None:
        try:
            page = await self._read(local, after)
            if self._is_current(local) and _is_whole(page, after):
                self._pages.keep(local, page)
            reading.set_result(page)
        except Exception as error:
            reading.set_exception(error)
            # All who wait may have gone, and asyncio complains of an error that nobody looks at.
            reading.exception()
        finally:
            # Where this is cancelled, the process ends.
            reading.cancel()
            self._end(local, after)

    def _end(self, local: LocalStream, after: int) -> None:
        under_way = self._under_way[local]
        del under_way[after]
        if not under_way:
            del self._under_way[local]


def _is_whole(page: Page, after: int) -> bool:
    """Say whether a page has all events from the one after an offset to its last."""
    return bool(page) and page[0].offset == after + 1 and page[-1].offset == after + len(page)
