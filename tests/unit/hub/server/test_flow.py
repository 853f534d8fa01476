"""What waits for an application, and when no more is read from its client."""

import asyncio

import pytest

from hub.core.asgi import Message
from hub.server.flow import Inbox


class Reading:
    """Whether a client is read from."""

    def __init__(self) -> None:
        self.paused = False

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False


@pytest.fixture
def reading() -> Reading:
    return Reading()


@pytest.fixture
def inbox(reading: Reading) -> Inbox:
    """Takes four messages, or 1,000 bytes."""
    return Inbox(4, 1_000, reading.pause, reading.resume)


def text(size: int) -> Message:
    """Return a message of so many characters."""
    return {"type": "websocket.receive", "text": "x" * size}


async def test_many_messages_pause_reading_until_half_of_them_are_taken(inbox: Inbox, reading: Reading) -> None:
    paused = []
    for _ in range(4):
        inbox.put_nowait(text(1))
        paused.append(reading.paused)
    for _ in range(3):
        await inbox.get()
        paused.append(reading.paused)
    assert paused == [False, False, False, True, True, False, False]


@pytest.mark.parametrize("name", ["text", "bytes", "body"])
async def test_large_messages_pause_reading_until_half_of_the_bytes_are_taken(
    inbox: Inbox, reading: Reading, name: str
) -> None:
    for _ in range(2):
        inbox.put_nowait({name: "x" * 600 if name == "text" else bytes(600)})
    assert reading.paused
    await inbox.get()
    assert reading.paused, "600 bytes are more than half"
    await inbox.get()
    assert not reading.paused


async def test_who_has_taken_everything_waits_for_more(inbox: Inbox) -> None:
    inbox.put_nowait(text(1))
    assert await inbox.get() == text(1)
    idle: list[bool] = []
    inbox.when_idle(lambda: idle.append(True))
    waiting = asyncio.create_task(inbox.get())
    await asyncio.sleep(0)
    assert (waiting.done(), idle) == (False, [True])
    inbox.put_nowait(text(2))
    assert await waiting == text(2)


async def test_messages_are_taken_in_order_also_by_who_waited(inbox: Inbox) -> None:
    waiting = asyncio.create_task(inbox.get())
    await asyncio.sleep(0)
    inbox.put_nowait(text(1))
    inbox.put_nowait(text(2))
    assert await waiting == text(1)
    assert await inbox.get() == text(2)


async def test_an_application_that_is_at_work_while_it_asks_for_more_is_not_idle(inbox: Inbox) -> None:
    idle: list[str] = []
    waiting = asyncio.create_task(inbox.get())
    await asyncio.sleep(0)
    inbox.begin_work()
    inbox.when_idle(lambda: idle.append("now"))
    assert idle == []
    inbox.end_work()
    assert idle == ["now"]
    waiting.cancel()


async def test_an_application_that_is_done_with_its_work_before_it_asks_for_more_is_idle_when_it_asks(
    inbox: Inbox,
) -> None:
    idle: list[str] = []
    inbox.begin_work()
    inbox.when_idle(lambda: idle.append("now"))
    inbox.end_work()
    assert idle == []
    waiting = asyncio.create_task(inbox.get())
    await asyncio.sleep(0)
    assert idle == ["now"]
    waiting.cancel()
