"""The clients of a server process, each by its own id, as those who serve them tell of them."""

import logging
import time
from collections.abc import Callable, Iterable, Sequence

from hub.core.clients import Clients, encode_entry
from hub.core.comings import Comings, Told
from hub.core.types import JSONObject

logger = logging.getLogger(__name__)

#: Pushes a second that one process causes, for each that it serves, by telling of clients that come and go.
PUSHES = 10_000.0
#: Clients whose coming or going waits to be told at most.
MAX_WAITING = 10_000


class Attending:
    """The clients of one process. They are noted in memory; the recorder's thread does the rest.

    Arguments:
        has: says of a stream whether it is known which clients read it, and whether its readers are told who comes
            and goes.
        publish: publishes the ephemeral events that tell of clients; may block for a moment.
        clock: returns steady seconds.
    """

    def __init__(
        self,
        *,
        has: Callable[[str], tuple[bool, bool]],
        publish: Callable[[Sequence[Told]], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._has = has
        self._clock = clock
        self._comings = Comings(PUSHES, MAX_WAITING, clock())
        self._dropped = 0
        self.publish = publish
        self.records = Clients(self._comings)
        #: Called when there is something to record or to tell.
        self.on_change: Callable[[], None] = lambda: None

    def __len__(self) -> int:
        return len(self.records)

    def attends(self, stream: str) -> bool:
        """Say whether clients of a stream are noted at all.

        Raises:
            UnknownStream: there is no such stream.
        """
        return any(self._has(stream))

    def enter(
        self,
        stream: str,
        client: str,
        info: JSONObject,
        *,
        presence: bool | None = None,
        join_leave: bool | None = None,
    ) -> None:
        """Note a client that reads a stream, or what is new of it; never waits.

        Arguments:
            client: the id of the connection.
            info: its ClientInfo: `user`, `client`, and perhaps `conn_info` and `chan_info`.
            presence: whether it is to be known, where a subscription says so itself; else as for the stream.
            join_leave: whether readers are told that it comes and goes, likewise.
        Raises:
            UnknownStream: there is no such stream.
            BadRequest: the info is no JSON.
        """
        known, told = self._has(stream)
        known, told = known if presence is None else presence, told if join_leave is None else join_leave
        # One whose leaving is told is recorded in any case: its process may be killed.
        if known or told:
            self.records.enter(stream, client, encode_entry(info, told))
            self.on_change()

    def leave(self, stream: str, client: str) -> None:
        """Note that a client reads a stream no longer; one that was not noted is none too many. Never waits."""
        self.records.leave(stream, client)
        self.on_change()

    def note_gone(self, entries: Iterable[tuple[str, str]]) -> None:
        """Have it told that clients have gone whose process cannot tell it.

        Arguments:
            entries: stream and entry of each.
        """
        for stream, text in entries:
            self._comings.left(stream, text, text)

    @property
    def waiting(self) -> int:
        """How many comings and goings are to be told."""
        return len(self._comings)

    def take_told(self) -> list[Told]:
        """Return what is to be published now."""
        if self._comings.dropped > self._dropped:
            logger.warning(
                "%d clients came or went and nobody is told: too many at once",
                self._comings.dropped - self._dropped,
                extra={"action": "comings_dropped"},
            )
            self._dropped = self._comings.dropped
        return self._comings.take(self._clock(), self.records.count)
