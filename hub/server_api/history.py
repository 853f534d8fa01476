"""What a stream keeps, for other programs: to be read, or to be let go of."""

from hub import log
from hub.core.codecs.centrifugo import written
from hub.core.errors import NotAvailable
from hub.core.types import JSONObject
from hub.history import history as read_history
from hub.namespaces import namespaces
from hub.server_api import fields
from hub.server_api.answers import Written
from hub.server_api.authentication import Program

#: Most events in one answer, and most characters of their data: larger ones than a client's connection may carry.
MAX_EVENTS = 10_000
MAX_BYTES = 8_388_608


def history(program: Program, params: JSONObject) -> Written:
    """Read a page: `channel`, `limit`, `since`, `reverse`. Returns `publications`, and where the stream ends.

    Arguments and errors are those of `hub.history.history`.

    Raises:
        UnknownStream, NotAvailable: there is no such stream, or it keeps nothing.
    """
    name = _stream_with_history(params)
    page = read_history(
        name,
        limit=fields.whole(params, "limit", least=-1),
        since=fields.position(params, "since"),
        reverse=fields.flag(params, "reverse"),
        most=MAX_EVENTS,
        max_bytes=MAX_BYTES,
    )
    position = {"offset": page.position.offset, "epoch": page.position.epoch}
    return Written(written("HistoryResult", {"publications": page.events} | position))


def history_remove(program: Program, params: JSONObject) -> JSONObject:
    """Let go of all that a stream keeps: `channel`. Its epoch stays, and so do its readers.

    Raises:
        UnknownStream, NotAvailable: there is no such stream, or it keeps nothing.
    """
    log.trim(_stream_with_history(params))
    return {}


def _stream_with_history(params: JSONObject) -> str:
    name = fields.channel(params)
    if not namespaces.has_history(name):
        raise NotAvailable(f"what is published to {name!r} is not kept")
    return name
