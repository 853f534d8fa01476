"""What goes out to a client that reads, and to one that does not."""

import asyncio
from collections.abc import Callable, Coroutine

import pytest
from pytest_django import Settings

from hub.core.codecs.centrifugo import JSON
from hub.core.protocol import Codec
from hub.core.wire import Payload
from hub.sessions.outlet import Outlet
from tests.running import texts


class SlowTransport:
    """A transport whose client reads as much as it is told to."""

    def __init__(self) -> None:
        self.codec: Codec = JSON
        self.unidirectional = self.emulated = self.native_pings = False
        self.write: Callable[[bytes], bool] | None = self.take_frames
        self.messages: list[Payload] = []
        self.reads = False
        self._willing = asyncio.Semaphore(0)

    def take_frames(self, frames: bytes) -> bool:
        """Take whole frames, or nothing."""
        if self.reads:
            self.messages += texts(frames)
        return self.reads

    async def send(self, message: Payload) -> None:
        """Wait until the client reads one more."""
        await self._willing.acquire()
        self.messages.append(message)

    async def close(self, code: int, reason: str) -> None:
        """Nothing ends here."""

    def take(self, count: int) -> None:
        """Let the client read so many messages."""
        for _ in range(count):
            self._willing.release()


async def turns(count: int = 20) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_what_is_put_out_to_a_client_that_reads_needs_no_task() -> None:
    transport = SlowTransport()
    transport.reads = True
    outlet = Outlet(transport)
    outlet.put("one")
    assert transport.messages == ["one"] and not outlet.is_blocked


async def test_what_waits_goes_out_in_order_and_nothing_overtakes_it() -> None:
    transport = SlowTransport()
    outlet = Outlet(transport)
    outlet.put("one")
    # The client reads again, and the first is not out yet.
    transport.reads = True
    outlet.put("two")
    assert (transport.messages, outlet.is_blocked) == ([], True)
    transport.take(2)
    await asyncio.wait_for(outlet.drained(), 60)
    assert (transport.messages, outlet.is_blocked) == (["one", "two"], False)
    outlet.put("three")
    assert transport.messages == ["one", "two", "three"]


async def test_who_makes_much_waits_until_little_waits(settings: Settings) -> None:
    settings.HUBBUB_OUTBOX_LIMIT = 10
    transport = SlowTransport()
    outlet = Outlet(transport)
    outlet.put("12345")
    await asyncio.wait_for(outlet.room(), 60)
    outlet.put("67890")
    waiting = asyncio.create_task(outlet.room())
    await turns()
    assert not waiting.done()
    transport.take(1)
    await asyncio.wait_for(waiting, 60)
    outlet.close()


@pytest.mark.parametrize("wait", [Outlet.room, Outlet.drained])
async def test_who_waits_is_let_go_when_the_session_ends(
    settings: Settings, wait: Callable[[Outlet], Coroutine[None, None, None]]
) -> None:
    settings.HUBBUB_OUTBOX_LIMIT = 1
    transport = SlowTransport()
    outlet = Outlet(transport)
    outlet.put("one")
    waiting = asyncio.create_task(wait(outlet))
    await turns()
    assert not waiting.done()
    outlet.close()
    await asyncio.wait_for(waiting, 60)
    transport.take(1)
    await turns()
    assert transport.messages == []


async def test_a_connection_that_takes_nothing_any_more_is_told_of_and_keeps_nobody_waiting() -> None:
    class Broken(SlowTransport):
        async def send(self, message: Payload) -> None:
            raise ConnectionResetError

    failures: list[Exception] = []
    outlet = Outlet(Broken(), failures.append)
    outlet.put("one")
    await asyncio.wait_for(outlet.drained(), 60)
    assert [type(error) for error in failures] == [ConnectionResetError]
    # What comes after it is not kept.
    outlet.put("two")
    await asyncio.wait_for(outlet.drained(), 60)
    assert not outlet.is_blocked
