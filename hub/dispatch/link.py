"""A process's side of the channel layer: one channel, many groups, and a pulse that tells whether it really hears.

The layer's `group_add` returns before Redis has confirmed the subscription, and nothing tells when a connection was
lost and made anew. So the process sends marks to itself, through Redis, and believes only those that come back.
"""

import asyncio
import logging
import uuid
from collections.abc import Callable

import redis
from channels_redis.pubsub import RedisPubSubChannelLayer

from hub.core.control import (
    Question,
    SessionAction,
    decode_action,
    decode_node_message,
    decode_question,
    node_group,
)
from hub.core.events import MARK_TYPE, Announcement, decode_announcement, decode_bundle
from hub.core.rights import CONTROL_STREAM, RightsChange, decode_rights
from hub.core.streams import group_name
from hub.core.types import JSONObject

logger = logging.getLogger(__name__)

#: Seconds between two beats of the pulse.
BEAT_INTERVAL = 1.0
#: Beats that may stay out before the link counts as cut.
MISSED_BEATS = 3
#: Seconds for which a link may be cut before its connection is given up for a new one. A connection that the layer
#: knows to be lost it makes anew by itself; of one that went silent it never hears.
RENEW_AFTER = 5.0
#: Seconds to wait for a mark before it is sent again: it is lost when it overtakes the subscription.
MARK_WAITS = (0.05, 0.2, 0.5)
#: Streams that are subscribed to with one mark.
SUBSCRIBE_AT_ONCE = 100
#: Seconds that the layer may take for a subscription.
LAYER_TIMEOUT = 2.0

#: What a layer raises when its Redis is away. RuntimeError: the process's channel does not exist yet.
LAYER_ERRORS = (redis.RedisError, OSError, TimeoutError, RuntimeError)


class LayerLink:
    """Receives for the whole process.

    Arguments:
        layer: the channel layer.
        send_mark: sends a mark to a stream's group; returns whether Redis took it; may block for a moment.
        node: the id by which others speak to this process alone; without one nobody does.
    """

    def __init__(
        self, layer: RedisPubSubChannelLayer, send_mark: Callable[[str, str], bool], *, node: str = ""
    ) -> None:
        self._layer = layer
        self._send_mark = send_mark
        self._id = uuid.uuid4().hex
        self._channel = f"hub.{self._id}"
        self._pulse = f"hub:process.{self._id}"
        # The pulse last: where it is heard, the one connection hears what was subscribed to before it too.
        self._own = [CONTROL_STREAM, *([node_group(node)] if node else []), self._pulse]
        self._beat = 0
        self._heard = 0
        self._marks: dict[str, asyncio.Future[None]] = {}
        self._hearing = asyncio.Event()
        # Streams to be subscribed to, and who waits for it.
        self._asked: list[tuple[str, asyncio.Future[bool]]] = []
        self._subscribing: asyncio.Task[None] | None = None
        #: When the link was cut, or its connection was given up last, in seconds of the loop's clock.
        self._deaf_since = 0.0
        self._receiving: asyncio.Task[None] | None = None
        #: Called with each announcement; must not block.
        self.on_announcement: Callable[[Announcement], None]
        #: Called when somebody's rights have changed; must not block.
        self.on_rights: Callable[[RightsChange], None] = lambda change: None
        #: Called when something is to be done to sessions; must not block.
        self.on_action: Callable[[SessionAction], None] = lambda action: None
        #: Called with what every process is asked; must not block.
        self.on_question: Callable[[Question], None] = lambda question: None
        #: Called with what is said to this process alone; must not block.
        self.on_node_message: Callable[[JSONObject], None] = lambda message: None
        #: Called when announcements may have been missed; must not block.
        self.on_recovered: Callable[[], None]

    @property
    def healthy(self) -> bool:
        """Whether the process has heard itself lately."""
        return self._hearing.is_set()

    async def wait_healthy(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds for the link to work. Returns whether it does."""
        try:
            async with asyncio.timeout(timeout):
                await self._hearing.wait()
        except TimeoutError:
            return False
        return True

    async def receive_forever(self) -> None:
        """Take in messages until cancelled. A layer that fails, or a message that does, ends nothing."""
        while True:
            receiving = self._receiving = asyncio.create_task(self._receive(), name="hub-receive-messages")
            try:
                # It ends when the connection is given up.
                await asyncio.wait([receiving])
            finally:
                receiving.cancel()
                await asyncio.wait([receiving])

    async def _receive(self) -> None:
        while True:
            try:
                self._take_in(await self._layer.receive(self._channel))
            except LAYER_ERRORS as error:
                logger.warning("the channel layer cannot be read: %s", error, extra={"action": "layer_failed"})
                await asyncio.sleep(BEAT_INTERVAL)
            except Exception:
                logger.exception("a message on the layer made no sense", extra={"action": "layer_message_failed"})

    async def beat_forever(self) -> None:
        """Send the pulse and notice when it stays out, until cancelled."""
        clock = asyncio.get_running_loop().time
        self._deaf_since = clock()
        while True:
            self._beat += 1
            if not self.healthy:
                if clock() - self._deaf_since > RENEW_AFTER:
                    self._deaf_since = clock()
                    await self._renew()
                for stream in self._own:
                    await self._add(stream)
            await self._send(self._pulse, str(self._beat))
            await asyncio.sleep(BEAT_INTERVAL if self.healthy else BEAT_INTERVAL / 4)
            if self.healthy and self._beat - self._heard >= MISSED_BEATS:
                self._hearing.clear()
                self._deaf_since = clock()
                logger.warning("the channel layer is cut; readers are served from the log", extra={"action": "cut"})

    async def subscribe(self, stream: str) -> bool:
        """Receive a stream's announcements from now on.

        Returns:
            Whether that is proven. If not, announcements may be missing, and it must be called again later.
        """
        if not self.healthy:
            return False
        proven: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._asked.append((stream, proven))
        if self._subscribing is None:
            self._subscribing = asyncio.create_task(self._subscribe_all(), name="hub-subscribe")
        return await proven

    async def _subscribe_all(self) -> None:
        part: list[tuple[str, asyncio.Future[bool]]] = []
        try:
            while self._asked:
                part, self._asked = self._asked[:SUBSCRIBE_AT_ONCE], self._asked[SUBSCRIBE_AT_ONCE:]
                # Looked at each time: of a link that is cut meanwhile, those who wait learn at once.
                is_proven = self.healthy and await self._subscribe([stream for stream, _ in part])
                for _, proven in part:
                    if not proven.done():
                        proven.set_result(is_proven)
        finally:
            self._subscribing = None
            # Whatever has ended this early, nobody waits for ever.
            left, self._asked = part + self._asked, []
            for _, proven in left:
                proven.cancel()

    async def _subscribe(self, streams: list[str]) -> bool:
        try:
            for stream in streams:
                if not await self._add(stream):
                    return False
        except Exception:
            # The layer's own fault: it is tried again by the sweep, like what could not be proven.
            logger.exception("a subscription failed", extra={"action": "subscribe_failed"})
            return False
        # One connection carries all subscriptions, in order: where the last one works, those before it do.
        mark = f"{self._id}:{uuid.uuid4().hex}"
        arrived = self._marks[mark] = asyncio.get_running_loop().create_future()
        try:
            for wait in MARK_WAITS:
                await self._send(streams[-1], mark)
                if (await asyncio.wait([arrived], timeout=wait))[0]:
                    return True
            return False
        finally:
            del self._marks[mark]

    async def unsubscribe(self, stream: str) -> None:
        """Receive a stream's announcements no longer. A layer that fails is forgiven: what comes is passed over."""
        try:
            async with asyncio.timeout(LAYER_TIMEOUT):
                await self._layer.group_discard(group_name(stream), self._channel)
        except LAYER_ERRORS as error:
            logger.warning("a subscription could not be ended: %s", error, extra={"action": "unsubscribe_failed"})

    async def _renew(self) -> None:
        """Give up the layer's connection. All subscriptions go with it; `on_recovered` is where they are made again."""
        logger.info("the connection to the channel layer is made anew", extra={"action": "layer_renewed"})
        try:
            async with asyncio.timeout(2 * LAYER_TIMEOUT):
                await self._layer.flush()
        except LAYER_ERRORS as error:
            # What could not be closed in time is closed all the same, and the next attempt finds it so.
            logger.debug("the connection to the channel layer did not close in order: %s", error)
        if self._receiving is not None:
            # It waits at a queue that the layer has forgotten.
            self._receiving.cancel()

    async def _add(self, stream: str) -> bool:
        try:
            async with asyncio.timeout(LAYER_TIMEOUT):
                await self._layer.group_add(group_name(stream), self._channel)
        except LAYER_ERRORS as error:
            logger.debug("a subscription could not be made: %s", error)
            return False
        return True

    async def _send(self, stream: str, mark: str) -> None:
        await asyncio.get_running_loop().run_in_executor(None, self._send_mark, stream, mark)

    def _take_in(self, message: JSONObject) -> None:
        if message.get("type") == MARK_TYPE:
            self._take_mark(str(message.get("mark")))
        elif (announcement := decode_announcement(message)) is not None:
            self.on_announcement(announcement)
        elif (announcements := decode_bundle(message)) is not None:
            for announcement in announcements:
                self.on_announcement(announcement)
        elif (change := decode_rights(message)) is not None:
            self.on_rights(change)
        elif (action := decode_action(message)) is not None:
            self.on_action(action)
        elif (said := decode_node_message(message)) is not None:
            self.on_node_message(said)
        elif (question := decode_question(message)) is not None:
            self.on_question(question)

    def _take_mark(self, mark: str) -> None:
        if (arrived := self._marks.get(mark)) is not None:
            if not arrived.done():
                arrived.set_result(None)
        elif mark.isdecimal():
            self._take_beat(int(mark))

    def _take_beat(self, beat: int) -> None:
        # A beat that stayed out tells of a connection that was made anew, even when it was back before the link
        # counted as cut: whatever was announced meanwhile did not come.
        missed = beat - self._heard > 1
        self._heard = max(self._heard, beat)
        if not self.healthy:
            logger.info("the channel layer works", extra={"action": "hearing"})
        self._hearing.set()
        if missed:
            self.on_recovered()
