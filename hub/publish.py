"""Publishing: an event goes into the log with the caller's transaction, and is announced after its commit (P1)."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from hub import announce, log
from hub.core.events import Announcement, Event, timestamp
from hub.core.types import JSONObject, JSONValue
from hub.log import Draft, EventData
from hub.log.drafts import check, encode, encode_meta

__all__ = [
    "Draft",
    "Published",
    "hold_streams",
    "publish",
    "publish_ephemeral",
    "publish_ephemeral_to_many",
    "publish_many",
    "publish_to_many",
]


@dataclass(frozen=True, slots=True)
class Published:
    """Where an event stands."""

    epoch: str
    offset: int
    #: Whether the key was used before: then nothing was written, and this is the first event's place.
    repeated: bool


def publish(
    stream: str, type: str, data: EventData, *, key: str | None = None, meta: JSONObject | None = None
) -> Published:
    """Publish one event.

    It is part of the transaction that surrounds the call (P1), or of one of its own where there is none. After the
    commit all server processes are told; that never fails the caller and never waits longer than
    `HUBBUB_REDIS_TIMEOUT`.

    Arguments:
        stream: the stream's name, e.g. `chat:lobby`; it comes into being with its first event.
        type: what happened, e.g. `message.created`, 1 to 100 characters.
        data: what readers get: any JSON, best an object; or a callable that returns it and is called while the stream
            is locked, so that what it counts is in commit order.
        key: idempotency key, 1 to 200 characters, unique in the stream: the same key again publishes nothing (P7).
        meta: what else readers are told of it, as far as their protocol does: `{"tags": {text: text}}`, and `"info"`
            of the client that published it: `{"user": text, "client": text, "conn_info"?: JSON, "chan_info"?: JSON}`.
    Returns:
        Where the event stands.
    Raises:
        BadRequest: the data is no JSON, or a name, type or key is too long.
    """
    return publish_many(stream, [Draft(type, data, key, meta)])[0]


def publish_many(stream: str, drafts: list[Draft]) -> list[Published]:
    """Publish several events to one stream, in order, in one transaction and with one announcement.

    Arguments and errors are those of `publish`. Returns one result for each draft.
    """
    with _part_of_transaction(drafts):
        appended = log.append(stream, drafts)
        if appended.fresh:
            announcement = _announcement(stream, appended)

            # A function rather than a partial: Django asks a callback that has failed for its name.
            def tell() -> None:
                announce.send(announcement)

            # Robust: a callback that fails must not keep the later ones from running, nor fail a committed caller.
            transaction.on_commit(tell, robust=True)
    return _published(appended)


def publish_to_many(batch: Mapping[str, Sequence[Draft]]) -> dict[str, list[Published]]:
    """Publish events to several streams, in one transaction, in few statements and few announcements.

    All streams are locked first, in the order of their names: transactions that publish by this function do not wait
    for each other in a circle. Whatever the number of streams, it is far cheaper than `publish` for each.

    Arguments:
        batch: name of each stream, and what to publish to it, in order.
    Returns:
        One result for each draft, by stream. Errors are those of `publish`.
    """
    with _part_of_transaction(draft for drafts in batch.values() for draft in drafts):
        appended = log.append_many(batch)
        announcements = [_announcement(stream, one) for stream, one in appended.items() if one.fresh]

        # A function rather than a partial, as above.
        def tell() -> None:
            _send(announcements)

        if announcements:
            transaction.on_commit(tell, robust=True)
    return {stream: _published(one) for stream, one in appended.items()}


def _part_of_transaction(drafts: Iterable[Draft]) -> AbstractContextManager[None]:
    """Give a transaction, or a savepoint of the caller's where an error in it has to leave the caller's part alone.

    A settled draft is checked before anything is written, so it needs none: on PostgreSQL that saves two round trips.
    """
    needed = not transaction.get_connection().in_atomic_block or not all(draft.settled for draft in drafts)
    return transaction.atomic() if needed else nullcontext()


def _announcement(stream: str, appended: log.Appended) -> Announcement:
    return Announcement(stream, appended.epoch, appended.fresh[-1].offset or 0, appended.fresh)


def _published(appended: log.Appended) -> list[Published]:
    new = {event.offset for event in appended.fresh}
    places: list[Published] = []
    for event in appended.events:
        places.append(Published(appended.epoch, event.offset or 0, repeated=event.offset not in new))
        # A key that stands twice in one call is new once.
        new.discard(event.offset)
    return places


def hold_streams(*streams: str) -> None:
    """Lock several streams for the rest of the caller's transaction, in one order, before publishing to them.

    Two transactions that publish to the same streams in different orders may wait for each other: the database then
    breaks one of them off (`OperationalError`), and all that it did has to be done again. Those that hold their
    streams first cannot.

    Arguments:
        streams: names, in any order; one that was never written to comes into being.
    Raises:
        TransactionManagementError: there is no transaction to be part of.
        BadRequest, UnknownStream: a name is not a stream's.
    """
    log.hold(streams)


def publish_ephemeral(stream: str, type: str, data: JSONValue, *, meta: JSONObject | None = None) -> None:
    """Tell those who read a stream just now, and keep nothing: for typing and presence.

    It goes out at once, also from inside a transaction, has no offset, and is the first to be dropped.

    Arguments are those of `publish`.

    Raises:
        BadRequest: the data is no JSON, or the meta is something else.
        LimitExceeded: the data is larger than `HUBBUB_MAX_EVENT_SIZE`.
    """
    if meta:
        check(Draft(type, data, meta=meta))
    announce.send(Announcement(stream, "", 0, (_ephemeral(Draft(type, data, meta=meta)),)))


def publish_ephemeral_to_many(streams: Iterable[str], draft: Draft) -> dict[str, int]:
    """Tell those who read some streams just now, and keep nothing; with an idempotency key, once (P7).

    It goes out after the commit of the transaction that surrounds the call, at once where there is none. Keys of what
    is kept and of what is not are the same; those of what is not are remembered for 10 minutes.

    Arguments:
        streams: their names; one that stands there twice is told twice, if there is no key.
        draft: what is told.
    Returns:
        The offset of each stream's event, by name: 0, unless its key was first used for an event that was kept.
    Raises:
        BadRequest: the data is no JSON, or a name, type or key is too long.
        LimitExceeded: the data is larger than `HUBBUB_MAX_EVENT_SIZE`.
    """
    check(draft)
    told = list(streams)
    places = dict.fromkeys(told, 0)
    if draft.key is None:
        _send_ephemeral(told, draft)
        return places
    with transaction.atomic():
        claimed = log.claim(told, draft.key)
        _send_ephemeral([stream for stream, first in claimed.items() if first is None], draft)
    return places | {stream: first.offset or 0 for stream, first in claimed.items() if first is not None}


def _send_ephemeral(streams: Iterable[str], draft: Draft) -> None:
    event = _ephemeral(draft)
    announcements = [Announcement(stream, "", 0, (event,)) for stream in streams]
    if announcements:
        transaction.on_commit(lambda: _send(announcements), robust=True)


def _ephemeral(draft: Draft) -> Event:
    return Event(None, draft.type, timestamp(timezone.now()), encode(draft), encode_meta(draft.meta))


def _send(announcements: Iterable[Announcement]) -> None:
    with announce.together():
        for announcement in announcements:
            announce.send(announcement)
