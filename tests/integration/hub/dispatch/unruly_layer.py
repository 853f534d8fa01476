"""A channel layer in memory that loses, doubles, delays and reorders what it carries, as a test decides.

It has the manners of `channels_redis.pubsub`: a channel exists once somebody receives from it, a subscription counts
from its request on, and a connection that went silent is never noticed.
"""

import asyncio
from typing import Any

import redis

from hub.core.types import JSONObject


class Layer:
    """The channel layer of one process.

    Arguments:
        network: what stands for Redis.
    """

    def __init__(self, network: "Network") -> None:
        self._network = network
        self._channels: dict[str, asyncio.Queue[bytes]] = {}
        self._groups: dict[str, set[str]] = {}
        #: Whether the connection went silent: nothing comes, and nobody says so.
        self.deaf = False

    def hears(self, group: str) -> bool:
        """Return whether what is sent to a group now will come here."""
        return group in self._groups and not self.deaf

    def take_in(self, group: str, message: bytes) -> None:
        """Hand a message to whoever receives here."""
        if self.deaf:
            return
        for channel in self._groups.get(group, ()):
            if channel in self._channels:
                self._channels[channel].put_nowait(message)

    async def group_add(self, group: str, channel: str) -> None:
        """Subscribe."""
        self._check()
        if channel not in self._channels:
            raise RuntimeError("the channel does not exist in this process")
        self._groups.setdefault(group, set()).add(channel)

    async def group_discard(self, group: str, channel: str) -> None:
        """Unsubscribe."""
        self._check()
        self._groups.pop(group, None)

    async def receive(self, channel: str) -> JSONObject:
        """Return the next message."""
        queue = self._channels.setdefault(channel, asyncio.Queue())
        try:
            message: JSONObject = self._network.codec.deserialize(await queue.get())
        except asyncio.CancelledError:
            self._channels.pop(channel, None)
            raise
        return message

    async def flush(self) -> None:
        """Give up the connection; the next use makes a new one."""
        self._channels, self._groups, self.deaf = {}, {}, False
        self._check()

    def _check(self) -> None:
        if self._network.cut:
            raise redis.ConnectionError("the network is cut")


class Network:
    """Redis and all that leads there: what is published is on its way to each process until the test says otherwise.

    Arguments:
        codec: a real channel layer, for its bytes.
        prefix: of its groups.
    """

    def __init__(self, codec: Any, prefix: str) -> None:
        self.codec = codec
        self._prefix = f"{prefix}__group__"
        #: Whether all connections are refused, and those that were are lost.
        self.cut = False
        #: Whether what is published arrives at once; else it is kept in `on_the_way`.
        self.prompt = True
        self.layers: list[Layer] = []
        #: Messages that have not arrived yet, each at one process.
        self.on_the_way: list[tuple[Layer, str, bytes]] = []

    def publish(self, channel: str, message: bytes) -> bool:
        """Publish as `hub.announce.Doorbell` does. Returns whether it was taken."""
        if self.cut:
            return False
        group = channel.removeprefix(self._prefix)
        self.on_the_way += [(layer, group, message) for layer in self.layers if layer.hears(group)]
        if self.prompt:
            self.carry_all()
        return True

    def carry(self, index: int, *, again: bool = False) -> None:
        """Let one message arrive; `again`: and still be on its way."""
        layer, group, message = self.on_the_way[index] if again else self.on_the_way.pop(index)
        layer.take_in(group, message)

    def carry_all(self) -> None:
        """Let everything arrive in order."""
        while self.on_the_way:
            self.carry(0)
