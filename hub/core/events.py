"""What a stream is made of: positions, events, and the announcement that carries events between processes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from hub.core.types import JSONObject


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a stream: everything up to and including `offset` is behind it."""

    #: Random mark of the stream's life; it changes only when offsets start again. Empty: not known.
    epoch: str
    #: Offset of the last event passed, 0 before the first.
    offset: int


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a stream, as it was written and as it is sent."""

    #: 1, 2, 3 … in the stream; None for an ephemeral event, which is never logged.
    offset: int | None
    #: What happened, e.g. `message.created`.
    type: str
    #: When it was published: ISO 8601, UTC, milliseconds, `Z`.
    at: str
    #: The data as JSON text, encoded once, when it was published.
    data: str
    #: What else its publisher said of it, as JSON text: `tags`, and `info` of the client that published it. Or empty.
    meta: str = ""

    @property
    def size(self) -> int:
        """About how many bytes it takes: characters of data, and a bit for the rest."""
        return len(self.data) + len(self.meta) + 100


@dataclass(frozen=True, slots=True)
class Announcement:
    """Tells every server process that a stream has grown; a hint, never the truth.

    It carries the events along unless they are too large together; then only `head` says how far the log goes.
    """

    stream: str
    epoch: str
    #: The offset of the last event announced; 0 when everything carried is ephemeral.
    head: int
    events: tuple[Event, ...] = ()

    @property
    def size(self) -> int:
        """About how many bytes its events take."""
        return sum(event.size for event in self.events)


#: The type of the message that hub processes exchange over the channel layer.
ANNOUNCEMENT_TYPE = "hub.announcement"
#: The type of a message with the announcements of many streams.
BUNDLE_TYPE = "hub.bundle"
#: The type of the mark by which a process proves to itself that its subscription works.
MARK_TYPE = "hub.mark"
#: Version of all of them. A process passes over what a newer one says and it does not understand.
LAYER_VERSION = 1


def encode_announcement(announcement: Announcement) -> JSONObject:
    """Return the channel-layer message of an announcement, of nothing but what msgpack takes."""
    return {
        "type": ANNOUNCEMENT_TYPE,
        "v": LAYER_VERSION,
        "stream": announcement.stream,
        "epoch": announcement.epoch,
        "head": announcement.head,
        "events": _encode_events(announcement),
    }


def decode_announcement(message: JSONObject) -> Announcement | None:
    """Read an announcement out of a channel-layer message.

    Returns:
        The announcement, or None when the message is something else or of a version that this process does not
        know: during a rolling restart newer processes speak too, and what they say is mended from the log.
    """
    if message.get("type") != ANNOUNCEMENT_TYPE or message.get("v") != LAYER_VERSION:
        return None
    return _decode(message["stream"], message["epoch"], message["head"], message["events"])


def encode_bundle(announcements: Iterable[Announcement]) -> JSONObject:
    """Return one channel-layer message of the announcements of many streams."""
    told = [[one.stream, one.epoch, one.head, _encode_events(one)] for one in announcements]
    return {"type": BUNDLE_TYPE, "v": LAYER_VERSION, "announcements": told}


def decode_bundle(message: JSONObject) -> list[Announcement] | None:
    """Read the announcements of many streams out of a channel-layer message; None as with `decode_announcement`."""
    if message.get("type") != BUNDLE_TYPE or message.get("v") != LAYER_VERSION:
        return None
    return [_decode(stream, epoch, head, events) for stream, epoch, head, events, *_ in message["announcements"]]


def _encode_events(announcement: Announcement) -> list[list[int | str | None]]:
    return [
        [event.offset, event.type, event.at, event.data, *([event.meta] if event.meta else [])]
        for event in announcement.events
    ]


def _decode(stream: str, epoch: str, head: int, events: Iterable[Sequence[Any]]) -> Announcement:
    # A newer process may say more of an event, as it may of the announcement; an older one says less.
    return Announcement(stream, epoch, head, tuple(Event(*fields[:5]) for fields in events))


def joined(announcements: Iterable[Announcement]) -> list[Announcement]:
    """Join the announcements of each stream's life into one, its events in order; streams in order of their first."""
    found: dict[tuple[str, str], list[Announcement]] = {}
    for one in announcements:
        found.setdefault((one.stream, one.epoch), []).append(one)
    return [
        Announcement(stream, epoch, max(one.head for one in same), tuple(chain.from_iterable(o.events for o in same)))
        for (stream, epoch), same in found.items()
    ]


def timestamp(moment: datetime) -> str:
    """Return an aware moment as the wire shows it: ISO 8601, UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
