"""Telling of changes: to receivers of the signals, and to those who read the streams."""

import logging
from collections.abc import Callable, Iterable

from hub.core.errors import HubError
from hub.core.presence import EVERYWHERE, Changes, Moment
from hub.core.types import JSONObject
from hub.presence import signals

logger = logging.getLogger(__name__)

JOINED = "presence.joined"
LEFT = "presence.left"
CHANGED = "presence.changed"

#: Every event type of presence, with the names that its data has. `docs/reference/events.md` describes them.
EVENTS: dict[str, tuple[str, ...]] = {
    JOINED: ("user", "epoch", "number"),
    LEFT: ("user", "epoch", "number"),
    CHANGED: ("users", "total", "connections", "complete", "epoch", "number"),
}


class Teller:
    """Tells of changes, on a thread for the database.

    Arguments:
        describe: returns what others see of users, by id, for a stream.
        summarize: returns who reads a stream, as the command `presence` does.
        publish: publishes an ephemeral event: stream, type, data.
    """

    def __init__(
        self,
        *,
        describe: Callable[[str, Iterable[int]], dict[int, JSONObject]],
        summarize: Callable[[str], JSONObject],
        publish: Callable[[str, str, JSONObject], None],
    ) -> None:
        self._describe = describe
        self._summarize = summarize
        self._publish = publish

    def tell(self, changes: Changes) -> None:
        """Send the signals and publish the events, those of arrivals first. Of what fails only the log hears."""
        for stream in changes.occupied:
            signals.send(signals.stream_occupied, stream=stream)
        for stream, users in _by_stream(changes.joined).items():
            self._tell_of_users(stream, users, JOINED, changes.moment)
        for stream, users in _by_stream(changes.left).items():
            self._tell_of_users(stream, users, LEFT, changes.moment)
        for stream in changes.vacated:
            signals.send(signals.stream_vacated, stream=stream)
        for stream in changes.changed:
            self._tell_whole(stream)

    def _tell_of_users(self, stream: str, users: list[int], type_: str, moment: Moment) -> None:
        if stream == EVERYWHERE:
            for user_id in users:
                signals.send(signals.connected if type_ == JOINED else signals.disconnected, user_id=user_id)
            return
        try:
            described = self._describe(stream, users)
            for user_id in users:
                # Of a user who is deleted nothing is left to show.
                user = described.get(user_id, {"id": user_id})
                self._publish(stream, type_, {"user": user, "epoch": moment.epoch, "number": moment.number})
        except Exception:
            # The other streams must hear of theirs.
            logger.exception("%s could not be told", type_, extra={"action": "presence_tell_failed"})

    def _tell_whole(self, stream: str) -> None:
        try:
            self._publish(stream, CHANGED, self._summarize(stream))
        except HubError as error:
            logger.warning("%s could not be told: %s", CHANGED, error, extra={"action": "presence_tell_failed"})
        except Exception:
            logger.exception("%s could not be told", CHANGED, extra={"action": "presence_tell_failed"})


def _by_stream(pairs: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    streams: dict[str, list[int]] = {}
    for stream, user_id in pairs:
        streams.setdefault(stream, []).append(user_id)
    return streams
