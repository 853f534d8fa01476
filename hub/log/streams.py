"""How far the streams go: their rows, as readers need them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F

from hub.core.errors import HubError
from hub.core.events import Position
from hub.core.streams import parse_stream_name
from hub.models import Stream, new_epoch


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far a stream goes, and how far back it is kept."""

    epoch: str
    head: int
    #: Events up to this offset are no longer kept.
    floor: int


def bounds(streams: Iterable[str]) -> dict[str, Bounds]:
    """Return how far each of the named streams goes; streams that were never written to are absent."""
    rows = Stream.objects.filter(name__in=list(streams)).values_list("name", "epoch", "head", "floor")
    return {name: Bounds(epoch, head, floor) for name, epoch, head, floor in rows}


def kept(after: int, limit: int) -> list[tuple[int, str, Bounds]]:
    """Return streams that keep events, in the order of their rows' ids: each with its id, its name and how far it goes.

    Arguments:
        after: the id before the first of them, 0 to begin.
        limit: most streams.
    """
    rows = Stream.objects.filter(pk__gt=after, head__gt=F("floor")).order_by("pk")
    columns = rows.values_list("pk", "name", "epoch", "head", "floor")[:limit]
    return [(pk, name, Bounds(epoch, head, floor)) for pk, name, epoch, head, floor in columns]


def open_stream(stream: str) -> Bounds:
    """Return how far a stream goes, making it where it was never written to, so that its epoch is settled.

    Raises:
        BadRequest, UnknownStream: this is no stream's name.
    """
    opened = open_streams([stream])[0]
    if isinstance(opened, HubError):
        raise opened
    return opened


def open_streams(streams: Sequence[str]) -> list[Bounds | HubError]:
    """Do what `open_stream` does, for many with few queries. Returns for each how far it goes, or its error."""
    found = bounds(streams)
    errors: dict[str, HubError] = {}
    for name in streams:
        if name not in found and name not in errors:
            try:
                parse_stream_name(name)
            except HubError as error:
                errors[name] = error
    if new := sorted(set(streams) - found.keys() - errors.keys()):
        Stream.objects.bulk_create([Stream(name=name) for name in new], ignore_conflicts=True)
        found |= bounds(new)
    return [errors[name] if name in errors else found[name] for name in streams]


def renew_epochs() -> int:
    """Begin a new life of every stream: clients that come back load a snapshot instead of resuming.

    Called when the log is not the one that clients have read: after a backup was restored, offsets that somebody has
    seen are given out again, and resuming would mix two histories.

    Returns:
        How many streams there are.
    """
    with transaction.atomic():
        streams = list(Stream.objects.select_for_update())
        for stream in streams:
            stream.epoch = new_epoch()
        Stream.objects.bulk_update(streams, ["epoch"], batch_size=500)
    return len(streams)


def position(stream: str) -> Position:
    """Return the position of a stream's end.

    For a snapshot, read it before the rows: a change in between is then in both, and an event that is already in
    the snapshot changes nothing, while one that is in neither would be lost.
    """
    found = open_stream(stream)
    return Position(found.epoch, found.head)
