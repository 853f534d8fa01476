"""Delivering patches: a client that applies them has, at each moment, what one that gets everything has."""

import asyncio
import json
from typing import Any

import pytest
from centrifuge import codecs
from centrifuge.protocol import client_pb2 as of_the_sdk
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.core import fossil
from hub.core.codecs.centrifugo import JSON
from hub.core.events import Event
from hub.core.wire import DeltaFormat
from hub.deliver import EncodedEvent, Reader, fan_out
from hub.delta import DeltaReader
from hub.protobuf.codec import PROTOBUF
from hub.protobuf.reading import delimited
from tests.running import keep_running, texts
from tests.unit.hub.reading import LIMIT, PAGE, turns, until

AT = "2026-01-02T03:04:05.678Z"
LONG = "what is said again and again in each of the payloads"
FORMATS = [JSON.wire(delta=True), PROTOBUF.wire(delta=True)]
names = pytest.mark.parametrize("wire", FORMATS, ids=["json", "protobuf"])


def encoded(offset: int | None, text: str = "", type_: str = "message") -> EncodedEvent:
    """Return an event with much in it that others have too."""
    return EncodedEvent(Event(offset, type_, AT, json.dumps({"n": text or offset, "text": LONG})), "a")


class Client:
    """Applies patches as the Python client does."""

    def __init__(self, wire: DeltaFormat) -> None:
        self.wire = wire
        self.data: list[Any] = []
        self.offsets: list[int] = []
        self.patches: list[bool] = []
        self._prev: bytes = b""
        self.willing = True
        self._room = asyncio.Event()

    def write(self, frames: bytes) -> bool:
        if not self.willing:
            return False
        if self.wire is FORMATS[0]:
            for message in texts(frames):
                self._take(message)
        else:
            # Every message here is shorter than what takes two bytes of length in a frame, or four in all.
            while frames:
                start = 2 if frames[1] < 126 else 4
                length = frames[1] if start == 2 else int.from_bytes(frames[2:4], "big")
                self._take(frames[start : start + length])
                frames = frames[start + length :]
        return True

    async def send(self, message: str | bytes) -> None:
        while not self.willing:
            self._room.clear()
            await self._room.wait()
        self._take(message)

    def take_all(self) -> None:
        self.willing = True
        self._room.set()

    def _take(self, message: str | bytes) -> None:
        if isinstance(message, str):
            pub = json.loads(message)["push"].get("pub")
            if pub is not None:
                self._apply(pub["data"].encode(), pub.get("delta", False), pub.get("offset", 0))
            return
        reply = of_the_sdk.Reply.FromString(delimited(message)[0])
        if reply.push.HasField("pub"):
            self._apply(reply.push.pub.data, reply.push.pub.delta, reply.push.pub.offset)

    def _apply(self, data: bytes, delta: bool, offset: int) -> None:
        self._prev = bytes(codecs.apply_delta(self._prev, data)) if delta else data
        self.data.append(json.loads(self._prev))
        self.patches.append(delta)
        if offset:
            self.offsets.append(offset)


def live(client: Client) -> DeltaReader:
    """Return a reader that stands at the end of the stream."""
    reader = DeltaReader("a", client.send, LIMIT, client.write, client.wire)
    reader.live = True
    return reader


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The targets of all patches that are made."""
    targets: list[bytes] = []
    create = fossil.create

    def counted(source: bytes, target: bytes) -> bytes:
        targets.append(target)
        return create(source, target)

    monkeypatch.setattr(fossil, "create", counted)
    return targets


@names
def test_the_first_event_is_full_and_the_next_are_patches(wire: DeltaFormat) -> None:
    client = Client(wire)
    readers: set[Reader] = {live(client)}
    for offset in (7, 8, 9):
        fan_out(readers, [encoded(offset)])
    fan_out(readers, [encoded(10), encoded(11)])
    assert client.data == [{"n": offset, "text": LONG} for offset in range(7, 12)]
    assert client.patches == [False, True, True, True, True]


@names
def test_a_patch_is_made_once_for_all_who_have_the_event_before(wire: DeltaFormat, made: list[bytes]) -> None:
    early, late = [Client(wire) for _ in range(3)], Client(wire)
    readers: set[Reader] = {live(client) for client in early}
    fan_out(readers, [encoded(1)])
    readers.add(live(late))
    batch = [encoded(2), encoded(3)]
    fan_out(readers, batch)
    assert len(made) == 2
    assert [client.patches for client in [*early, late]] == [[False, True, True]] * 3 + [[False, True]]
    assert {json.dumps(client.data[-2:]) for client in [*early, late]} == {json.dumps(late.data)}


def test_both_formats_share_a_patch(made: list[bytes]) -> None:
    clients = [Client(wire) for wire in FORMATS]
    readers: set[Reader] = {live(client) for client in clients}
    fan_out(readers, [encoded(1)])
    fan_out(readers, [encoded(2)])
    assert len(made) == 1
    assert clients[0].data == clients[1].data


@names
def test_what_follows_an_ephemeral_event_is_full(wire: DeltaFormat) -> None:
    client = Client(wire)
    readers: set[Reader] = {live(client)}
    fan_out(readers, [encoded(1)])
    fan_out(readers, [encoded(None, "typing", "typing")])
    fan_out(readers, [encoded(2)])
    fan_out(readers, [encoded(3), encoded(None, "typing", "typing"), encoded(4)])
    assert client.patches == [False, False, False, True, False, False]
    assert [data["n"] for data in client.data] == [1, "typing", 2, 3, "typing", 4]


@names
def test_news_of_clients_do_not_come_between_an_event_and_its_patch(wire: DeltaFormat) -> None:
    old, new = Client(wire), Client(wire)
    readers: set[Reader] = {live(old)}
    fan_out(readers, [encoded(1)])
    readers.add(live(new))
    # One batch for both, of whom one alone has the event before.
    fan_out(readers, [EncodedEvent(Event(None, "client.join", AT, '{"info":{}}'), "a"), encoded(2)])
    assert (old.patches, new.patches) == ([False, True], [False])
    assert old.data[-1] == new.data[-1]


@names
def test_a_patch_that_is_no_shorter_is_not_sent(wire: DeltaFormat) -> None:
    client = Client(wire)
    readers: set[Reader] = {live(client)}
    for offset, data in enumerate(['"abc"', '"xyz"', "1"], 1):
        fan_out(readers, [EncodedEvent(Event(offset, "message", AT, data), "a")])
    assert client.data == ["abc", "xyz", 1]
    assert client.patches == [False, False, False]


def test_a_reader_of_an_ordinary_format_in_the_same_stream_is_not_concerned() -> None:
    patched, plain = Client(JSON.wire(delta=True)), Client(JSON.wire(delta=True))
    told: list[str] = []

    def write(frames: bytes) -> bool:
        told.extend(texts(frames))
        return True

    ordinary = Reader("a", plain.send, LIMIT, write, JSON.wire())
    ordinary.live = True
    readers: set[Reader] = {live(patched), ordinary}
    fan_out(readers, [encoded(1)])
    fan_out(readers, [encoded(2)])
    assert [json.loads(one)["push"]["pub"]["data"]["n"] for one in told] == [1, 2]
    assert patched.patches == [False, True]


class Log:
    """A log that readers catch up from."""

    def __init__(self) -> None:
        self.events: list[EncodedEvent] = []
        self.live: set[Reader] = set()

    def publish(self, text: str) -> None:
        self.events.append(encoded(len(self.events) + 1, text))
        fan_out(self.live, self.events[-1:])

    async def catch_up(self, reader: Reader) -> list[EncodedEvent]:
        await asyncio.sleep(0)
        if reader.sent == len(self.events):
            reader.live = True
            self.live.add(reader)
            return []
        return self.events[reader.sent :][:PAGE]


@names
async def test_a_reader_that_was_parked_gets_a_full_event_first(wire: DeltaFormat) -> None:
    log, client = Log(), Client(wire)
    reader = DeltaReader("a", client.send, LIMIT, client.write, wire)
    running = asyncio.create_task(keep_running(reader, log.catch_up))
    await until(lambda: reader.live)
    log.publish("first")
    client.willing = False
    while reader.live:
        log.publish(str(len(log.events)) * 20)
    client.take_all()
    await until(lambda: reader.sent == len(log.events) and reader.live)
    log.publish("last")
    await turns()
    running.cancel()
    assert client.offsets == list(range(1, len(log.events) + 1))
    assert client.data == [json.loads(event.event.data) for event in log.events]
    # The first of all, and the first that came from the log.
    assert client.patches.count(False) == 2
    assert client.patches[-1] is True


class World:
    """A stream and its readers, to whom anything may happen."""

    def __init__(self, wire: DeltaFormat) -> None:
        self.log = Log()
        self.wire = wire
        self.clients: list[tuple[Client, DeltaReader]] = []
        self.running: list[asyncio.Task[None]] = []

    async def come(self) -> None:
        client = Client(self.wire)
        reader = DeltaReader("a", client.send, LIMIT, client.write, self.wire)
        self.clients.append((client, reader))
        self.running.append(asyncio.create_task(keep_running(reader, self.log.catch_up)))

    async def publish(self) -> None:
        self.log.publish("one" * (len(self.log.events) % 5))

    async def publish_two(self) -> None:
        start = len(self.log.events)
        self.log.events += [encoded(start + 1), encoded(start + 2, "é" * start)]
        fan_out(self.log.live, self.log.events[start:])

    async def typing(self) -> None:
        fan_out(self.log.live, [encoded(None, "typing", "typing")])

    async def join(self) -> None:
        fan_out(self.log.live, [EncodedEvent(Event(None, "client.join", AT, '{"info":{}}'), "a")])

    async def stop(self) -> None:
        self.clients[0][0].willing = False

    async def go_on(self) -> None:
        self.clients[0][0].take_all()

    async def wait(self) -> None:
        await turns(5)

    async def settle(self) -> None:
        for client, reader in self.clients:
            client.take_all()
            await until(lambda reader=reader: reader.live and reader.sent == len(self.log.events))  # type: ignore[misc]
        await turns()
        for task in self.running:
            task.cancel()


steps = st.sampled_from(
    [World.come, World.publish, World.publish_two, World.typing, World.join, World.stop, World.go_on, World.wait]
)


@names
@given(st.lists(steps, max_size=30))
@settings(max_examples=60, deadline=None)
def test_whatever_happens_a_client_has_every_event_as_it_is(wire: DeltaFormat, happens: list[Any]) -> None:
    asyncio.run(_live_through(wire, happens))


async def _live_through(wire: DeltaFormat, happens: list[Any]) -> None:
    world = World(wire)
    await world.come()
    for what in happens:
        await what(world)
    await world.settle()
    for client, _ in world.clients:
        assert client.offsets == list(range(1, len(world.log.events) + 1))
        logged = [data for data in client.data if data["n"] != "typing"]
        assert logged == [json.loads(event.event.data) for event in world.log.events]
