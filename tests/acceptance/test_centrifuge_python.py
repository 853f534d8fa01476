"""The client library `centrifuge-python`, as it is, against a running hub: in JSON and in protobuf."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from centrifuge import (
    CentrifugeError,
    Client,
    ClientEventHandler,
    ClientState,
    DeltaType,
    JoinContext,
    LeaveContext,
    PublicationContext,
    ReplyError,
    StreamPosition,
    SubscribedContext,
    Subscription,
    SubscriptionErrorContext,
    SubscriptionEventHandler,
    UnsubscribedContext,
)

from tests.acceptance.conftest import kill
from tests.centrifugo import ServerApi, token
from tests.programs import PATIENCE
from tests.servers import HubServer
from tests.visitors import Visitor


async def until(condition: Callable[[], object], what: str) -> None:
    """Wait for a condition; fail with `what` was expected when it does not come about."""
    for _ in range(round(PATIENCE / 0.02)):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"expected {what} within {PATIENCE:g} s")


class Heard(SubscriptionEventHandler):  # type: ignore[misc]
    """Keeps what a subscription is told."""

    def __init__(self) -> None:
        self.publications: list[PublicationContext] = []
        self.subscribed: list[SubscribedContext] = []
        self.unsubscribed: list[UnsubscribedContext] = []
        self.joined: list[str] = []
        self.left: list[str] = []
        self.errors: list[SubscriptionErrorContext] = []

    @property
    def data(self) -> list[Any]:
        """What was published; protobuf gives it as bytes of JSON."""
        values = (ctx.pub.data for ctx in self.publications)
        return [json.loads(value) if isinstance(value, bytes) else value for value in values]

    async def on_publication(self, ctx: PublicationContext) -> None:
        self.publications.append(ctx)

    async def on_subscribed(self, ctx: SubscribedContext) -> None:
        self.subscribed.append(ctx)

    async def on_unsubscribed(self, ctx: UnsubscribedContext) -> None:
        self.unsubscribed.append(ctx)

    async def on_join(self, ctx: JoinContext) -> None:
        self.joined.append(ctx.info.user)

    async def on_leave(self, ctx: LeaveContext) -> None:
        self.left.append(ctx.info.user)

    async def on_error(self, ctx: SubscriptionErrorContext) -> None:
        self.errors.append(ctx)


class World:
    """The clients of one test.

    Arguments:
        hub: whom they talk to.
        protobuf: whether they speak protobuf rather than JSON, unless said otherwise.
    """

    def __init__(self, hub: HubServer, *, protobuf: bool = False) -> None:
        self.hub = hub
        self.protobuf = protobuf
        self.clients: list[Client] = []

    def data(self, value: Any) -> Any:
        """Return data as this format takes it: bytes of JSON, in protobuf."""
        return json.dumps(value).encode() if self.protobuf else value

    async def client(self, user: str = "7", *, protobuf: bool | None = None, **options: Any) -> Client:
        """Connect a client of a user, with a token that never expires unless `options` say otherwise."""
        protobuf = self.protobuf if protobuf is None else protobuf
        query = "?format=protobuf" if protobuf else ""
        address = self.hub.url.replace("http", "ws", 1) + "/connection/websocket" + query
        options = {"token": token(user)} | options
        client = Client(address, ClientEventHandler(), use_protobuf=protobuf, timeout=PATIENCE, **options)
        self.clients.append(client)
        await client.connect()
        await client.ready()
        return client

    async def subscribe(self, client: Client, channel: str, **options: Any) -> tuple[Subscription, Heard]:
        """Subscribe, and wait until that is done."""
        heard = Heard()
        subscription = client.new_subscription(channel, heard, **options)
        await subscription.subscribe()
        await subscription.ready()
        return subscription, heard


@pytest.fixture
def channel() -> str:
    return f"room:{uuid.uuid4().hex[:8]}"


@pytest.fixture(params=[False, True], ids=["json", "protobuf"])
async def world(centrifugo_hub: HubServer, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Clients of one format."""
    world = World(centrifugo_hub, protobuf=request.param)
    yield world
    await leave(world)


@pytest.fixture
async def both(centrifugo_hub: HubServer) -> AsyncIterator[World]:
    """Clients of both formats together: for what takes long."""
    world = World(centrifugo_hub)
    yield world
    await leave(world)


async def leave(world: World) -> None:
    for client in world.clients:
        await client.disconnect()
        # It closes the connection behind one's back.
        await until(lambda client=client: not client._background_tasks, "it to be gone")  # type: ignore[misc]


async def test_what_one_publishes_all_get_with_who_it_was(world: World, channel: str) -> None:
    client, other = await world.client("7"), await world.client("8")
    subscription, heard = await world.subscribe(client, channel)
    _, heard_by_other = await world.subscribe(other, channel)
    for number in range(3):
        await subscription.publish(world.data({"n": number, "text": "hé \u2028"}))
    await until(lambda: len(heard.publications) == len(heard_by_other.publications) == 3, "three publications")
    for each in (heard, heard_by_other):
        assert each.data == [{"n": number, "text": "hé \u2028"} for number in range(3)]
        assert [ctx.pub.offset for ctx in each.publications] == [1, 2, 3]
        assert {ctx.pub.info.user for ctx in each.publications if ctx.pub.info} == {"7"}


async def test_what_a_backend_publishes_comes_with_its_tags(world: World, channel: str, server_api: ServerApi) -> None:
    _, heard = await world.subscribe(await world.client(), channel)
    await asyncio.to_thread(server_api.publish, channel, ["any", {"json": None}], tags={"kind": "test"})
    await until(lambda: heard.publications, "the publication")
    [ctx] = heard.publications
    assert heard.data == [["any", {"json": None}]]
    assert (ctx.pub.tags, ctx.pub.info) == ({"kind": "test"}, None)


async def test_who_reads_is_known_and_who_comes_and_goes_is_told(world: World, channel: str) -> None:
    first, second = await world.client("7"), await world.client("8")
    subscription, heard = await world.subscribe(first, channel, join_leave=True)
    other, _ = await world.subscribe(second, channel)
    await until(lambda: sorted(heard.joined) == ["7", "8"], "both to join")
    assert await present(subscription, 2) == ["7", "8"]
    stats = await subscription.presence_stats()
    assert (stats.num_clients, stats.num_users) == (2, 2)
    await other.unsubscribe()
    await until(lambda: heard.left == ["8"], "one to leave")
    assert await present(subscription, 1) == ["7"]


async def present(subscription: Subscription, count: int) -> list[str]:
    """Return the users who read a stream, as soon as there are so many: what is told is of half a second ago."""
    for _ in range(round(PATIENCE / 0.1)):
        # Where a server process has only just begun, it is not known who is there.
        with suppress(ReplyError):
            clients = (await subscription.presence()).clients
            assert all(client_id == info.client for client_id, info in clients.items())
            if len(clients) == count:
                return sorted(info.user for info in clients.values())
        await asyncio.sleep(0.1)
    raise AssertionError(f"expected {count} clients within {PATIENCE:g} s")


async def test_history_is_read_in_pages_onwards_and_backwards(world: World, channel: str) -> None:
    subscription, _ = await world.subscribe(await world.client(), channel)
    for number in range(5):
        await subscription.publish(world.data({"n": number}))
    position = await subscription.history()
    assert (position.publications, position.offset) == ([], 5)
    page = await subscription.history(limit=2)
    since = StreamPosition(page.publications[-1].offset, page.epoch)
    rest = await subscription.history(limit=-1, since=since)
    offsets = [pub.offset for pub in (*page.publications, *rest.publications)]
    assert offsets == [1, 2, 3, 4, 5]
    assert [pub.offset for pub in (await subscription.history(limit=2, reverse=True)).publications] == [5, 4]
    with pytest.raises(ReplyError) as refused:
        await subscription.history(limit=1, since=StreamPosition(1, "another"))
    assert refused.value.code == 112


async def test_a_user_of_the_site_posts_into_a_room_by_rpc(world: World) -> None:
    own_token = await asyncio.to_thread(lambda: Visitor(world.hub.url).log_in("demo").token())
    client = await world.client(token=own_token)
    _, heard = await world.subscribe(client, "chat:lobby")
    await client.rpc("message.post", world.data({"stream": "chat:lobby", "body": "by rpc"}))
    await until(lambda: heard.publications, "the message")
    [ctx] = heard.publications
    assert ctx.pub.tags["type"] == "message.created"
    with pytest.raises(ReplyError) as refused:
        await client.rpc("no.such", world.data({"stream": "chat:lobby"}))
    assert refused.value.code == 104


async def test_a_subscription_that_is_not_allowed_ends_with_the_reason(world: World) -> None:
    client = await world.client()
    for name, code in (("nowhere:x", 102), ("closed:x", 103), ("chat:lobby", 103)):
        heard = Heard()
        await client.new_subscription(name, heard).subscribe()
        await until(lambda heard=heard: heard.unsubscribed, "a refusal")  # type: ignore[misc]
        assert heard.unsubscribed[0].code == code, (name, heard.unsubscribed)
    assert client.state is ClientState.CONNECTED


async def test_a_client_whose_token_is_invalid_stays_away(world: World) -> None:
    with pytest.raises(CentrifugeError):
        await world.client(token=token("7") + "x")
    await until(lambda: world.clients[0].state is ClientState.DISCONNECTED, "it to give up")


async def test_nothing_is_lost_or_repeated_when_servers_are_killed_and_restarted(
    both: World, channel: str, server_api: ServerApi
) -> None:
    _, heard = await both.subscribe(await both.client("7", protobuf=False), channel)
    _, heard_by_other = await both.subscribe(await both.client("8", protobuf=True), channel)
    for number in range(30):
        await asyncio.to_thread(server_api.publish, channel, {"n": number})
        if number == 15:
            await asyncio.to_thread(kill, both.hub, "hub.server")
    expected = [{"n": number} for number in range(30)]
    for each in (heard, heard_by_other):
        await until(lambda each=each: len(each.publications) >= 30, "all of them")  # type: ignore[misc]
        assert each.data == expected
        assert [ctx.pub.offset for ctx in each.publications] == list(range(1, 31))
        assert len(each.subscribed) >= 2
        assert all(ctx.recovered for ctx in each.subscribed[1:])


async def test_more_than_centrifugo_would_recover_is_recovered(
    world: World, channel: str, server_api: ServerApi
) -> None:
    subscription, heard = await world.subscribe(await world.client(), channel)
    await asyncio.to_thread(server_api.publish, channel, {"n": 0})
    await until(lambda: heard.publications, "the first")
    await subscription._client._close_conn(subscription._client._conn)
    await asyncio.to_thread(server_api.publish_many, channel, [{"n": number} for number in range(1, 500)])
    await until(lambda: len(heard.publications) >= 500, "all of them")
    assert heard.data == [{"n": number} for number in range(500)]


def fresh(make: Callable[[], str]) -> tuple[list[str], Callable[..., Awaitable[str]]]:
    """Return what gets a new token each time, and the list of those that it gave."""
    given: list[str] = []

    async def get_token(*_: object) -> str:
        given.append(make())
        return given[-1]

    return given, get_token


async def test_an_expired_token_is_replaced_while_connecting(world: World) -> None:
    given, get_token = fresh(lambda: token("7"))
    client = await world.client(token=token("7", lasts=-60), get_token=get_token)
    assert client.state is ClientState.CONNECTED
    assert len(given) == 1


async def test_connections_and_subscriptions_go_on_by_fresh_tokens(both: World, server_api: ServerApi) -> None:
    channel = f"closed:{uuid.uuid4().hex[:8]}"
    given, get_token = fresh(lambda: token("7", lasts=2))
    given_for_stream, get_stream_token = fresh(lambda: token("7", lasts=2, channel=channel))
    clients = [await both.client(protobuf=protobuf, token="", get_token=get_token) for protobuf in (False, True, False)]
    forgets_channels(clients[2])
    heard = [(await both.subscribe(one, channel, get_token=get_stream_token))[1] for one in clients]
    # Each has one to begin with, and two more.
    await until(lambda: len(given) >= 9 and len(given_for_stream) >= 9, "two refreshes of each")
    await asyncio.to_thread(server_api.publish, channel, {"n": 1})
    for one in heard:
        await until(lambda one=one: one.publications, "the publication")  # type: ignore[misc]
        assert (len(one.subscribed), one.unsubscribed, one.errors) == (1, [], [])
    assert [client.state for client in clients] == [ClientState.CONNECTED] * 3


def forgets_channels(client: Client) -> None:
    """Have a client send no channel in `sub_refresh`, as version 0.5 did; Centrifugo ends its connection for good."""
    send = client._send_commands

    async def send_as_before(commands: list[dict[str, Any]]) -> None:
        for command in commands:
            command.get("sub_refresh", {}).pop("channel", None)
        await send(commands)

    client._send_commands = send_as_before


async def test_differences_are_put_together_again(world: World, server_api: ServerApi) -> None:
    channel = f"patches:{uuid.uuid4().hex[:8]}"
    _, heard = await world.subscribe(await world.client(), channel, delta=DeltaType.FOSSIL)
    texts = [{"n": number, "text": "much that stays the same " * 20} for number in range(5)]
    for text in texts:
        await asyncio.to_thread(server_api.publish, channel, text, delta=True)
    await until(lambda: len(heard.publications) >= 5, "all of them")
    assert heard.data == texts


async def test_a_state_is_loaded_again_where_recovery_is_impossible(
    world: World, channel: str, server_api: ServerApi
) -> None:
    await asyncio.to_thread(server_api.publish, channel, {"n": 1})
    asked: list[str] = []

    async def get_state(name: str) -> StreamPosition:
        asked.append(name)
        # The first one is of another life of the stream.
        if len(asked) == 1:
            return StreamPosition(1, "another")
        result = await asyncio.to_thread(server_api.call, "history", channel=name)
        return StreamPosition(result["offset"], result["epoch"])

    _, heard = await world.subscribe(await world.client(), channel, recoverable=True, get_state=get_state)
    await asyncio.to_thread(server_api.publish, channel, {"n": 2})
    await until(lambda: heard.publications, "what came after the state")
    assert asked == [channel, channel]
    assert heard.data == [{"n": 2}]


async def test_a_backend_ends_and_gives_subscriptions_and_connections(
    world: World, channel: str, server_api: ServerApi
) -> None:
    client = await world.client("9")
    _, heard = await world.subscribe(client, channel)
    await asyncio.to_thread(server_api.call, "unsubscribe", user="9", channel=channel)
    await until(lambda: heard.unsubscribed, "the end of the subscription")
    assert heard.unsubscribed[0].code == 2000
    await asyncio.to_thread(server_api.call, "disconnect", user="9")
    await until(lambda: client.state is ClientState.DISCONNECTED, "the end of the connection")
