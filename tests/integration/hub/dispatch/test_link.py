"""The link to the channel layer, over a network that goes silent without a word."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
import redis
from channels_redis.pubsub import RedisPubSubChannelLayer

from hub import redis_server
from hub.background import Background
from hub.core.events import LAYER_VERSION, MARK_TYPE
from hub.core.streams import group_name
from hub.dispatch import link as link_module
from hub.dispatch.link import LayerLink
from tests.chaos.proxy import FaultProxy
from tests.chaos.scene import running_redis_on_tcp

PREFIX = "test"


@pytest.fixture(scope="module")
def redis_port() -> Iterator[int]:
    """The port of a Redis that speaks TCP."""
    with running_redis_on_tcp(redis_server.find_binary()) as port:
        yield port


@pytest.fixture
async def proxy(redis_port: int) -> AsyncIterator[FaultProxy]:
    """What stands between the layer and its Redis."""
    async with FaultProxy("127.0.0.1", redis_port) as running:
        yield running


@pytest.fixture
async def link(proxy: FaultProxy, redis_port: int, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LayerLink]:
    """A link that is healthy, and in a hurry. Its marks go to Redis another way, which stays good."""
    monkeypatch.setattr(link_module, "BEAT_INTERVAL", 0.1)
    monkeypatch.setattr(link_module, "RENEW_AFTER", 0.5)
    layer = RedisPubSubChannelLayer(hosts=[f"redis://127.0.0.1:{proxy.port}"], prefix=PREFIX)
    client = redis.Redis(port=redis_port)

    def send_mark(stream: str, mark: str) -> bool:
        message = layer.serialize({"type": MARK_TYPE, "v": LAYER_VERSION, "mark": mark})
        client.publish(f"{PREFIX}__group__{group_name(stream)}", message)
        return True

    link, background = LayerLink(layer, send_mark), Background()
    link.on_announcement = lambda announcement: None
    link.on_recovered = lambda: None
    background.spawn(link.receive_forever(), "receive")
    background.spawn(link.beat_forever(), "beat")
    assert await link.wait_healthy(5)
    yield link
    await background.stop()
    await layer.flush()
    client.close()


async def until_healthy(link: LayerLink, wanted: bool) -> None:
    """Wait for the link's health to be as wanted."""
    async with asyncio.timeout(10):
        while link.healthy != wanted:
            await asyncio.sleep(0.02)


async def test_a_connection_that_went_silent_is_given_up_for_a_new_one(link: LayerLink, proxy: FaultProxy) -> None:
    assert await link.subscribe("chat:lobby")
    assert proxy.go_silent()
    await until_healthy(link, False)
    await until_healthy(link, True)
    # And it brings what it is asked for.
    assert await link.subscribe("chat:lobby")


async def test_a_connection_that_was_reset_comes_back_by_itself(link: LayerLink, proxy: FaultProxy) -> None:
    recovered = asyncio.Event()
    link.on_recovered = recovered.set
    assert proxy.reset()
    async with asyncio.timeout(10):
        await recovered.wait()
    assert link.healthy


async def test_many_streams_are_subscribed_to_with_few_marks(link: LayerLink, monkeypatch: pytest.MonkeyPatch) -> None:
    marks: list[str] = []
    send = link._send_mark

    def send_mark(stream: str, mark: str) -> bool:
        if ":" in mark:
            marks.append(stream)
        return send(stream, mark)

    monkeypatch.setattr(link, "_send_mark", send_mark)
    names = [f"t:{number}" for number in range(2 * link_module.SUBSCRIBE_AT_ONCE + 1)]
    assert all(await asyncio.gather(*map(link.subscribe, names)))
    # Each round's last one alone; again where the mark has overtaken its subscription.
    assert set(marks) == {names[99], names[199], names[200]}


async def test_a_fault_of_the_layer_leaves_nobody_waiting_for_a_subscription(
    link: LayerLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(group: str, channel: str) -> None:
        raise AttributeError("the layer's own fault")

    monkeypatch.setattr(link._layer, "group_add", fail)
    async with asyncio.timeout(30):
        assert await asyncio.gather(*(link.subscribe(f"t:{number}") for number in range(150))) == [False] * 150
    monkeypatch.undo()
    assert await link.subscribe("t:a")


async def test_of_a_link_that_is_cut_those_who_wait_for_a_subscription_learn_at_once(
    link: LayerLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    async def silent(stream: str) -> bool:
        tried.append(stream)
        link._hearing.clear()
        return False

    monkeypatch.setattr(link, "_add", silent)
    names = [f"t:{number}" for number in range(5 * link_module.SUBSCRIBE_AT_ONCE)]
    assert await asyncio.gather(*map(link.subscribe, names)) == [False] * len(names)
    # The first of the first round; the others were not tried.
    assert tried.count("t:0") == 1
    assert not set(tried) & set(names[1:])
