"""Reading for readers that are behind: what many need is read once, whoever of them goes, and never too early."""

import asyncio

from pytest_django import Settings

from hub.core.events import Event
from hub.database import DatabaseUnavailable
from hub.deliver import EncodedEvent
from hub.dispatch.reading import SharedReading
from hub.dispatch.stream import LocalStream


class Log:
    """A log that answers when it is told to.

    Arguments:
        head: offset of its last event.
    """

    def __init__(self, head: int) -> None:
        self.head = head
        self.floor = 0
        #: Events of a page.
        self.page = 500
        #: The offset that each read begins after, in order.
        self.reads: list[int] = []
        self.answers = asyncio.Event()
        self.answers.set()
        self.failing = False

    async def read(self, local: LocalStream, after: int) -> list[EncodedEvent]:
        self.reads.append(after)
        first, last = max(after, self.floor) + 1, min(after + self.page, self.head)
        await self.answers.wait()
        if self.failing:
            raise DatabaseUnavailable
        return [EncodedEvent(Event(offset, "numbered", "", ""), "room:lobby") for offset in range(first, last + 1)]


class Readers:
    """Readers of one stream.

    Arguments:
        log: what they read.
    """

    def __init__(self, log: Log) -> None:
        self.local = LocalStream("t:a")
        self.is_current = True
        self.reading = SharedReading(log.read, lambda local: self.is_current)

    async def page(self, after: int) -> list[int | None]:
        return [event.offset for event in await self.reading.page(self.local, after)]

    def begin(self, *places: int) -> list["asyncio.Task[list[int | None]]"]:
        return [asyncio.create_task(self.page(after)) for after in places]


async def turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_what_a_thousand_readers_need_at_the_same_time_is_read_once() -> None:
    log = Log(50)
    log.answers.clear()
    waiting = Readers(log).begin(*[0] * 1_000)
    await turns()
    log.answers.set()
    assert await asyncio.gather(*waiting) == [list(range(1, 51))] * 1_000
    assert log.reads == [0]


async def test_what_readers_need_one_after_another_is_read_once_wherever_they_stand_on_the_page() -> None:
    log = Log(50)
    readers = Readers(log)
    for after in range(50):
        assert await readers.page(after) == list(range(after + 1, 51))
    assert log.reads == [0]


async def test_a_reader_further_on_waits_for_the_page_that_is_being_read() -> None:
    log = Log(50)
    log.answers.clear()
    waiting = Readers(log).begin(0, 20, 49)
    await turns()
    log.answers.set()
    assert list(map(len, await asyncio.gather(*waiting))) == [50, 30, 1]
    assert log.reads == [0]


async def test_readers_behind_the_end_of_a_page_share_the_next_one() -> None:
    log = Log(50)
    log.page = 10
    log.answers.clear()
    waiting = Readers(log).begin(0, 15, 15)
    await turns()
    log.answers.set()
    assert await asyncio.gather(*waiting) == [list(range(1, 11)), list(range(16, 26)), list(range(16, 26))]
    assert log.reads == [0, 15]


async def test_what_came_while_a_page_was_being_read_is_read_anew() -> None:
    # A reader asks for what is known to be there: a read of before may not know of it.
    log = Log(3)
    log.answers.clear()
    readers = Readers(log)
    first = readers.begin(3, 2)
    await turns()
    log.head = 5
    late = readers.begin(3)
    await turns()
    log.answers.set()
    assert await asyncio.gather(*first, *late) == [[], [3], [4, 5]]
    assert log.reads == [3, 2, 3]


async def test_of_what_is_being_read_that_which_begins_just_there_is_waited_for() -> None:
    # Of two that do not know of the event, the later answer would else be taken for one that sees all there is.
    log = Log(3)
    slow, quick = asyncio.Event(), asyncio.Event()
    readers = Readers(log)
    log.answers = slow
    first = readers.begin(3)
    await turns()
    log.answers = quick
    second = readers.begin(2)
    await turns()
    log.head = 5
    late = readers.begin(3)
    await turns()
    quick.set()
    await turns()
    slow.set()
    assert await asyncio.gather(*first, *second, *late) == [[], [3], [4, 5]]


async def test_a_reader_that_goes_takes_nothing_from_those_who_wait_with_it() -> None:
    log = Log(3)
    log.answers.clear()
    *gone, stays = Readers(log).begin(0, 0, 0)
    await turns()
    for waiting in gone:
        waiting.cancel()
    await turns()
    log.answers.set()
    assert await stays == [1, 2, 3]
    assert log.reads == [0]


async def test_a_database_that_does_not_answer_is_asked_once_for_all_and_once_more_by_who_asks_again() -> None:
    log = Log(3)
    readers = Readers(log)
    log.failing = True
    outcomes = await asyncio.gather(*readers.begin(0, 0, 1), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [DatabaseUnavailable] * 3
    assert log.reads == [0]
    log.failing = False
    assert await readers.page(0) == [1, 2, 3]


async def test_where_the_next_event_is_no_longer_kept_what_there_is_is_told_and_not_kept() -> None:
    log = Log(5)
    log.floor = 2
    readers = Readers(log)
    assert await readers.page(0) == [3, 4, 5]
    assert await readers.page(2) == [3, 4, 5]
    assert log.reads == [0, 2]


async def test_nothing_is_kept_of_a_stream_that_is_let_go() -> None:
    log = Log(3)
    readers = Readers(log)
    await readers.page(0)
    readers.reading.forget(readers.local)
    assert await readers.page(0) == [1, 2, 3]
    assert log.reads == [0, 0]


async def test_nothing_is_kept_of_a_stream_that_is_let_go_while_it_is_read() -> None:
    log = Log(3)
    readers = Readers(log)
    log.answers.clear()
    [waiting] = readers.begin(0)
    await turns()
    readers.is_current = False
    readers.reading.forget(readers.local)
    log.answers.set()
    assert await waiting == [1, 2, 3]
    await readers.page(0)
    assert log.reads == [0, 0]


async def test_pages_take_no_more_room_than_is_set(settings: Settings) -> None:
    settings.HUBBUB_PAGE_CACHE_BYTES = 0
    log = Log(3)
    readers = Readers(log)
    assert await readers.page(0) == await readers.page(0) == [1, 2, 3]
    assert log.reads == [0, 0]


async def test_what_is_being_read_ends_with_the_process() -> None:
    log = Log(3)
    log.answers.clear()
    readers = Readers(log)
    [waiting] = readers.begin(0)
    await turns()
    await readers.reading.stop()
    await asyncio.wait([waiting], timeout=60)
    assert waiting.cancelled()
