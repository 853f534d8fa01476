"""What is measured side by side: the hub's streams, the stock chat, the floor; each opened and spoken to in its way."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from tests.benchmarks.client.centrifugo import CentrifugoDialect, ProtobufDialect
from tests.benchmarks.client.frames import request, stream_path
from tests.benchmarks.client.messages import ChatDialect, Dialect, PlainDialect, StreamDialect
from tests.benchmarks.client.opening import Plan
from tests.benchmarks.client.traffic import Room
from tests.benchmarks.servers import RunningServer
from tests.benchmarks.site.seed import EVERYONE
from tests.benchmarks.world import ROOMS, USERS, Database, Layer, World

#: Returns the number of the user who is the reader of a number in a room.
UserOf = Callable[[int, int], int]


def everyone(room: int, number: int) -> int:
    """Return a user for a reader of a room that all may read."""
    return number % USERS


def member(room: int, number: int) -> int:
    """Return a user for a reader of a room that has its own members."""
    return (room + number * ROOMS) % USERS


class Subject(ABC):
    """A server with rooms.

    Arguments:
        key: names it in the keys of rows.
        title: names it for people.
        dialect: how it is spoken to.
    """

    def __init__(self, key: str, title: str, dialect: Dialect) -> None:
        self.key = key
        self.title = title
        self.dialect = dialect

    @abstractmethod
    def running(self, world: World) -> AbstractContextManager[RunningServer]:
        """Run it.

        Raises:
            NotMeasured: it cannot be, on this machine.
        """

    @abstractmethod
    def plans(self, world: World, server: RunningServer, room: Room, user_of: UserOf) -> Sequence[Plan]:
        """Return how the readers of a room are let in."""


class HubSubject(Subject):
    """The hub.

    Arguments:
        database: what it keeps its log in.
        group: whose members may read a room; None for a group of its own for each.
    """

    def __init__(
        self, kind: str, title: str, database: Database = "sqlite", *, group: str | None = EVERYONE, talk: str = "talk"
    ) -> None:
        super().__init__(f"{kind} {database}" if kind != "live" else kind, title, StreamDialect())
        self._kind = kind
        self._database: Database = database
        self._group = group
        self._talk = talk

    def running(self, world: World) -> AbstractContextManager[RunningServer]:
        """Run one server process."""
        return world.hub(self._database)

    def stream(self, room: int) -> str:
        """Return the name of a room's stream."""
        group = self._group or f"room{room}"
        return f"{self._kind}:{group}.{self._talk}{room}"

    def path(self, room: int) -> str:
        """Return the address of a room."""
        return stream_path(self.stream(room))

    def plans(self, world: World, server: RunningServer, room: Room, user_of: UserOf) -> Sequence[Plan]:
        """Return how the readers come in: each by a token of a user of its own."""
        tokens = world.site(self._database).tokens
        return [
            Plan(
                _ask(server, self.path(reader.room), tokens[user_of(reader.room, reader.number)]), reader, self.dialect
            )
            for reader in room.readers
        ]


class ChatSubject(HubSubject):
    """The hub's chat: `message.post` into a room, which is a row of its own besides the event."""

    def __init__(self, title: str, database: Database = "sqlite") -> None:
        super().__init__("chat", title, database)
        self.dialect = ChatDialect()

    def path(self, room: int) -> str:
        """Return the address of a room."""
        return f"/ws/chat/{EVERYONE}/"


class CentrifugoSubject(HubSubject):
    """The hub's streams in the protocol of Centrifugo.

    Arguments:
        protobuf: whether as Protobuf, rather than JSON.
        Others are those of `HubSubject`.
    """

    def __init__(self, kind: str, title: str, database: Database = "sqlite", *, protobuf: bool = False) -> None:
        super().__init__(kind, title, database)
        self.key = f"{'protobuf' if protobuf else 'centrifugo'} {self.key}"
        self.dialect = (ProtobufDialect if protobuf else CentrifugoDialect)(self.stream)
        self._query = "&format=protobuf" if protobuf else ""

    def path(self, room: int) -> str:
        """Return the one address, asking for pings of the WebSocket's own, which every reader answers."""
        return f"/connection/websocket?cf_ws_frame_ping_pong=true{self._query}"


class StockSubject(Subject):
    """The stock chat.

    Arguments:
        layer: its channel layer.
    """

    def __init__(self, layer: Layer) -> None:
        super().__init__(f"stock {layer}", f"stock Channels, {layer} layer", PlainDialect())
        self._layer: Layer = layer

    def running(self, world: World) -> AbstractContextManager[RunningServer]:
        """Run it in Daphne."""
        return world.stock(self._layer)

    def plans(self, world: World, server: RunningServer, room: Room, user_of: UserOf) -> Sequence[Plan]:
        """Return how the readers come in: nobody is asked who they are."""
        asked = request(server.host, f"/ws/chat/room{room.number}/", {})
        return [Plan(asked, reader, self.dialect) for reader in room.readers]


class FloorSubject(Subject):
    """The floor.

    Arguments:
        joined: whether messages that arrive together go out together.
    """

    def __init__(self, *, joined: bool = False) -> None:
        title = "the floor, joined" if joined else "the floor, a send() each"
        super().__init__("floor joined" if joined else "floor", title, PlainDialect())
        self._joined = joined

    def running(self, world: World) -> AbstractContextManager[RunningServer]:
        """Run it."""
        return world.floor(joined=self._joined)

    def plans(self, world: World, server: RunningServer, room: Room, user_of: UserOf) -> Sequence[Plan]:
        """Return how the readers come in: all are in one room."""
        asked = request(server.host, "/", {})
        return [Plan(asked, reader, self.dialect) for reader in room.readers]


def _ask(server: RunningServer, path: str, token: str) -> bytes:
    return request(server.host, path, {"Authorization": f"Bearer {token}"})
