"""Where a process's parts are put together: one dispatcher, one revoker and one recorder for its event loop."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from weakref import WeakKeyDictionary

from channels.layers import get_channel_layer
from channels_redis.pubsub import RedisPubSubChannelLayer

from hub import announce
from hub.background import Background
from hub.conf import conf
from hub.control import NODE
from hub.core.clients import info_of
from hub.core.comings import Told
from hub.core.control import SessionAction
from hub.core.errors import HubError
from hub.core.presence import Changes
from hub.core.rights import RightsChange
from hub.core.types import JSONObject
from hub.database import in_database
from hub.dispatch import Dispatcher, LayerLink
from hub.introspection import tell_on_signal
from hub.namespaces import namespaces
from hub.node import Node, PlainConnection
from hub.presence import Attending, Recorder, Teller, people, presence_store
from hub.publish import publish_ephemeral
from hub.revocation import Revoker
from hub.sessions.acting import SessionActions
from hub.sessions.emulation import take_message
from hub.sessions.registry import SessionRegistry
from hub.survey import Answering

logger = logging.getLogger(__name__)

#: Users named to all readers of a stream that is too large to tell of each.
NAMED = 20


class Runtime:
    """What runs beside the connections of one event loop."""

    def __init__(self) -> None:
        layer = get_channel_layer()
        if not isinstance(layer, RedisPubSubChannelLayer):
            raise TypeError(f"expected channels_redis.pubsub.RedisPubSubChannelLayer as channel layer, got {layer!r}")
        self.sessions = SessionRegistry()
        self._actions = SessionActions(self.sessions)
        link = LayerLink(layer, announce.send_mark, node=NODE)
        link.on_rights = self._on_rights
        #: Called with what is to be done to sessions, in the order in which it was heard; must not block.
        self.on_control: Callable[[SessionAction], None] = self._actions.act
        #: Called with what is said to this process alone; must not block.
        self.on_node_message: Callable[[JSONObject], None] = take_message
        self.survey = Answering()
        link.on_question = self.survey.hear
        link.on_action = lambda action: self.on_control(action)
        link.on_node_message = lambda message: self.on_node_message(message)
        self.dispatcher = Dispatcher(link, has_history=namespaces.has_history)
        self.revoker = Revoker()
        self.clients = Attending(has=namespaces.attendance, publish=tell_of_clients)
        self.presence = Recorder(presence_store(), tell_presence, self.clients)
        #: Connections of the plain endpoints.
        self.plain: set[PlainConnection] = set()
        Node(self.dispatcher, self.sessions, self.plain).answer(self.survey)
        self._background = Background()

    async def start(self) -> "Runtime":
        """Begin to work. Waits a moment for the channel layer, and goes on without it (P6)."""
        self._background.spawn(self.revoker.recheck_forever(), "hub-recheck")
        # What was told while the layer was cut did not come.
        self.dispatcher.on_recovered = lambda: self._on_rights(RightsChange(None, None))
        await self.dispatcher.start()
        self.presence.start()
        tell_on_signal(self.holdings)
        return self

    def holdings(self) -> dict[str, int]:
        """Return how much of each kind is held for clients: all of it is gone when they are."""
        return {
            "streams": self.dispatcher.streams,
            "readers": self.dispatcher.readers,
            "presence": self.presence.entries,
            "clients": len(self.clients),
            "connections": self.revoker.connections,
            "sessions": len(self.sessions),
        }

    def _on_rights(self, change: RightsChange) -> None:
        self._background.spawn(self.revoker.recheck(change), "hub-rights")

    async def stop(self) -> None:
        """End everything that runs beside."""
        await self._background.stop()
        await self._actions.stop()
        await self.survey.stop()
        await self.presence.stop()
        await self.dispatcher.stop()


async def tell_presence(changes: Changes) -> None:
    """Tell receivers of the signals, and readers, who came and went.

    Raises:
        HubError: the database has too much to do.
    """
    await in_database(_teller.tell, changes)


def tell_of_clients(told: Sequence[Told]) -> None:
    """Tell readers which clients came and went. Of one of whom too much is said to be told, nobody hears."""
    with announce.together():
        for one in told:
            try:
                publish_ephemeral(one.stream, one.type, {"info": info_of(one.text)})
            except HubError as error:
                # The others have to be told of all the same.
                logger.warning("a client could not be told of: %s", error, extra={"action": "client_not_told"})


def summarize_presence(stream: str) -> JSONObject:
    """Return what all readers of a stream are told of who reads it: everybody, or the numbers and a few of a large one.

    Raises:
        HubError: it is not known just now.
    """
    present = people(stream, conf.PRESENCE_LARGE)
    if present.total > len(present.users):
        del present.users[NAMED:]
    return namespaces.presence_object(stream, present)


_teller = Teller(describe=namespaces.describe, summarize=summarize_presence, publish=publish_ephemeral)

_runtimes: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Future[Runtime]] = WeakKeyDictionary()


async def get_runtime() -> Runtime:
    """Return what runs beside the connections of the running event loop; the first call starts it."""
    loop = asyncio.get_running_loop()
    if (future := _runtimes.get(loop)) is None:
        # Kept before the first await: connections that come meanwhile wait for this one.
        future = _runtimes[loop] = asyncio.ensure_future(Runtime().start())
    return await asyncio.shield(future)


async def get_dispatcher() -> Dispatcher:
    """Return the dispatcher of the running event loop; the first call starts it."""
    return (await get_runtime()).dispatcher


async def stop_runtime() -> None:
    """Stop what runs beside the running event loop, if anything does."""
    future = _runtimes.pop(asyncio.get_running_loop(), None)
    if future is not None:
        await (await future).stop()
