"""Delivering replies: who asks and does not read is kept waiting, and costs no more."""

import asyncio

from hub.deliver import MAX_REPLIES, EncodedEvent, Reader
from tests.running import keep_running


async def test_who_asks_and_does_not_read_waits_for_room() -> None:
    gate = asyncio.Event()

    async def send(text: str) -> None:
        await gate.wait()

    async def stay_behind(reader: Reader) -> list[EncodedEvent]:
        await asyncio.sleep(3600)
        return []

    reader = Reader("t:a", send, 1_000)
    running = asyncio.create_task(keep_running(reader, stay_behind))
    for number in range(MAX_REPLIES + 1):
        reader.reply(str(number))
        await asyncio.sleep(0)
    asking = asyncio.create_task(reader.room_for_reply())
    await asyncio.sleep(0)
    assert not asking.done()
    gate.set()
    await asyncio.wait_for(asking, 10)
    running.cancel()


async def test_who_waits_for_room_is_let_go_when_the_reader_is_closed() -> None:
    async def send(text: str) -> None:
        await asyncio.sleep(3600)

    reader = Reader("t:a", send, 1_000)
    for number in range(MAX_REPLIES):
        reader.reply(str(number))
    asking = asyncio.create_task(reader.room_for_reply())
    await asyncio.sleep(0)
    reader.close()
    await asyncio.wait_for(asking, 10)
