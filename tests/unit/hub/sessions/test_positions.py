"""The ids of a stream of events: each says where its reader stands when it has got that event, and never further."""

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.codecs.centrifugo import JSON
from hub.core.event_ids import read_event_id
from hub.core.events import Event, Position
from hub.core.types import JSONObject
from hub.sessions.positions import PositionCodec, PositionTransport
from tests.unit.hub.sessions.exchanges import PATIENCE, Exchange, scope_of
from tests.unit.hub.sessions.reading import ServerSent, events_of

CODEC = PositionCodec(JSON)
WIRE = CODEC.wire(bare=True)


def event(offset: int | None) -> Event:
    return Event(offset, "message", "2026-01-02T03:04:05.678Z", "{}")


def subscribed(offset: int, epoch: str = "e1", *missed: int) -> JSONObject:
    """Return the result of a subscription."""
    return {"recoverable": True, "epoch": epoch, "offset": offset, "publications": [event(one) for one in missed]}


class Reader:
    """A stream, and what its reader has."""

    def __init__(self) -> None:
        self.exchange = Exchange(scope_of())
        self.exchange.sent.append({"type": "http.response.start", "status": 200, "headers": []})
        self.transport = PositionTransport(CODEC, self.exchange.scope, self.exchange._send, unidirectional=True)

    async def connect(self, **subscriptions: JSONObject) -> None:
        await self.transport.send(CODEC.push("connect", {"client": "c", "subs": subscriptions}, bare=True))

    async def publish(self, stream: str, offset: int | None) -> None:
        await self.transport.send(WIRE.encode(stream, event(offset)))

    @property
    def events(self) -> list[ServerSent]:
        return events_of(self.exchange.body)

    @property
    def positions(self) -> dict[str, Position]:
        """Where it would go on from."""
        return read_event_id(self.events[-1].last_id) or {}


@pytest.fixture
def reader() -> Reader:
    return Reader()


async def test_the_first_event_says_where_all_streams_stand(reader: Reader) -> None:
    await reader.connect(**{"chat:a": subscribed(41), "chat:b": subscribed(3, "e2", 4, 5), "typing:a": {}})
    assert reader.positions == {"chat:a": Position("e1", 41), "chat:b": Position("e2", 5)}


async def test_each_event_moves_its_own_stream_alone(reader: Reader) -> None:
    await reader.connect(**{"chat:a": subscribed(41), "chat:b": subscribed(3, "e2")})
    await reader.publish("chat:b", 4)
    await reader.publish("chat:a", 42)
    assert reader.positions == {"chat:a": Position("e1", 42), "chat:b": Position("e2", 4)}
    assert [read_event_id(one.last_id) for one in reader.events][1] == {
        "chat:a": Position("e1", 41),
        "chat:b": Position("e2", 4),
    }


@pytest.mark.parametrize("message", [CODEC.ping, CODEC.push("message", {"data": {}}, bare=True)])
async def test_what_has_no_place_in_a_stream_leaves_the_position_as_it_is(reader: Reader, message: str) -> None:
    await reader.connect(**{"chat:a": subscribed(41)})
    await reader.transport.send(message)
    await reader.publish("chat:a", None)
    assert len(reader.events) == 3
    assert reader.positions == {"chat:a": Position("e1", 41)}
    assert reader.exchange.body.count("id:") == 1


async def test_streams_that_come_and_go_meanwhile_count(reader: Reader) -> None:
    await reader.connect(**{"chat:a": subscribed(41)})
    await reader.transport.send(CODEC.push("subscribe", subscribed(7, "e3"), "chat:c", bare=True))
    assert reader.positions == {"chat:a": Position("e1", 41), "chat:c": Position("e3", 7)}
    await reader.transport.send(CODEC.push("unsubscribe", {"code": 2000, "reason": ""}, "chat:a", bare=True))
    await reader.publish("chat:a", 42)
    assert reader.positions == {"chat:c": Position("e3", 7)}


async def test_messages_that_were_joined_are_events_of_their_own(reader: Reader) -> None:
    await reader.connect(**{"chat:a": subscribed(41)})
    await reader.transport.send(CODEC.join([WIRE.encode("chat:a", event(42)), CODEC.ping]))
    assert [one.data[:10] for one in reader.events] == ['{"connect"', '{"channel"', "{}"]
    assert reader.positions == {"chat:a": Position("e1", 42)}


async def test_an_event_that_was_not_sent_is_in_no_later_id(reader: Reader) -> None:
    await reader.connect(**{"chat:a": subscribed(41), "chat:b": subscribed(3)})
    reader.exchange.reads.clear()
    lost = asyncio.ensure_future(reader.publish("chat:a", 42))
    await asyncio.sleep(0)
    lost.cancel()
    await asyncio.wait([lost])
    reader.exchange.reads.set()
    await reader.publish("chat:b", 4)
    assert reader.positions == {"chat:a": Position("e1", 41), "chat:b": Position("e1", 4)}


@given(st.lists(st.sampled_from(["chat:a", "chat:b", "chat:c"]), max_size=20), st.data())
def test_whenever_a_reader_is_cut_off_its_id_tells_of_just_what_it_has(streams: list[str], data: st.DataObject) -> None:
    cut = data.draw(st.floats(0, 1))
    asyncio.run(_cut_off(streams, lambda body: int(len(body) * cut)))


async def _cut_off(streams: list[str], at: Callable[[str], int]) -> None:
    reader = Reader()
    await reader.connect(**{stream: subscribed(0) for stream in set(streams)})
    offsets: dict[str, int] = dict.fromkeys(streams, 0)
    speaking = []
    # All of them wait for the client at the same time.
    reader.exchange.reads.clear()
    for stream in streams:
        offsets[stream] += 1
        speaking.append(asyncio.ensure_future(reader.publish(stream, offsets[stream])))
    await asyncio.sleep(0)
    reader.exchange.reads.set()
    await asyncio.wait_for(asyncio.gather(*speaking), PATIENCE)
    body = reader.exchange.body
    got = events_of(body[: at(body)])
    seen = dict.fromkeys(streams, 0)
    for one in got[1:]:
        for stream in seen:
            seen[stream] += f'"channel":"{stream}"' in one.data
    told = read_event_id(got[-1].last_id) if got else None
    assert told is None or {name: position.offset for name, position in told.items()} == seen


async def test_an_event_source_that_need_not_come_back_is_held_off(reader: Reader) -> None:
    await reader.transport.close(3500, "invalid token")
    assert reader.exchange.body.startswith("retry: 3600000\ndata: ")


async def test_an_event_source_that_is_to_come_back_is_not(reader: Reader) -> None:
    await reader.transport.close(3001, "shutdown")
    assert "retry" not in reader.exchange.body
