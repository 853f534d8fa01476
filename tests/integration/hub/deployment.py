"""Server processes as far as they talk to each other: each has a link to the channel layer of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from channels_redis.pubsub import RedisPubSubChannelLayer

from hub import announce
from hub.background import Background
from hub.conf import conf, redis_url
from hub.core.control import SessionAction
from hub.core.types import JSONObject
from hub.dispatch import LayerLink
from hub.survey import Answering


class Process:
    """A process that hears, and what it has heard."""

    def __init__(self, node: str) -> None:
        self.actions: list[SessionAction] = []
        self.said: list[JSONObject] = []
        self.survey = Answering()
        # A connection of its own, as a process has.
        self.layer = RedisPubSubChannelLayer(hosts=[redis_url()], prefix=conf.LAYER_PREFIX)
        self.link = LayerLink(self.layer, announce.send_mark, node=node)
        self.link.on_announcement = lambda announcement: None
        self.link.on_recovered = lambda: None
        self.link.on_action = self.actions.append
        self.link.on_node_message = self.said.append
        self.link.on_question = self.survey.hear


@asynccontextmanager
async def hearing(*nodes: str) -> AsyncIterator[list[Process]]:
    """Run processes of these ids, each with a link that works."""
    processes, background = [Process(node) for node in nodes], Background()
    for process in processes:
        background.spawn(process.link.receive_forever(), "receive")
        background.spawn(process.link.beat_forever(), "beat")
    try:
        for process in processes:
            assert await process.link.wait_healthy(60)
        yield processes
    finally:
        await background.stop()
        for process in processes:
            await process.survey.stop()
            await process.layer.flush()


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)
