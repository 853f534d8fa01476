"""What is to be written: events without an offset yet, and what is wrong with them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from hub.conf import conf
from hub.core.errors import BadRequest, LimitExceeded
from hub.core.json import encode_json
from hub.core.types import JSONObject, JSONValue

#: Data of an event, or what gives it once the stream's lock is held.
EventData: TypeAlias = JSONValue | Callable[[], JSONValue]

#: Longest `type` of an event and longest idempotency key, in characters.
MAX_TYPE = 100
MAX_KEY = 200
#: Most bytes of what else is said of an event (`Draft.meta`), as JSON.
MAX_META = 16_384


@dataclass(frozen=True, slots=True)
class Draft:
    """An event that has no offset yet."""

    type: str
    #: A callable is called while the stream's row is locked, so that what it counts is in commit order.
    data: EventData
    #: Idempotency key, unique in the stream.
    key: str | None = None
    #: What else readers are told of it: `tags`, texts by their names, and `info` of the client that published it.
    meta: JSONObject | None = None

    @property
    def settled(self) -> bool:
        """Whether all about it is known before the stream is locked: it has no key, and its data is not called."""
        return self.key is None and not callable(self.data)


def check(draft: Draft) -> None:
    """Make sure that a draft's type and key can be stored, and that its meta is what readers expect.

    Raises:
        BadRequest: they cannot.
    """
    if not 0 < len(draft.type) <= MAX_TYPE:
        raise BadRequest(f"expected an event type of 1 to {MAX_TYPE} characters, got {draft.type[:40]!r}")
    if draft.key is not None and not 0 < len(draft.key) <= MAX_KEY:
        raise BadRequest(f"expected an idempotency key of 1 to {MAX_KEY} characters, got {len(draft.key)}")
    # PostgreSQL stores no NUL. (JSON escapes it, so data may hold one.)
    if "\x00" in draft.type or "\x00" in (draft.key or ""):
        raise BadRequest("expected an event type and an idempotency key without NUL characters, got one")
    if draft.meta is not None:
        _check_meta(draft.meta)


def _check_meta(meta: JSONValue) -> None:
    if not isinstance(meta, dict) or not meta.keys() <= {"tags", "info"}:
        raise BadRequest(f'expected of an event\'s meta "tags" and "info", got {meta!r:.80}')
    tags, info = meta.get("tags", {}), meta.get("info", {"user": "", "client": ""})
    if not isinstance(tags, dict) or not all(isinstance(text, str) for pair in tags.items() for text in pair):
        raise BadRequest(f"expected tags to be texts by their names, got {tags!r:.80}")
    known = {"user", "client", "conn_info", "chan_info"}
    if not isinstance(info, dict) or not {"user", "client"} <= info.keys() <= known:
        raise BadRequest(f'expected "info" to have "user" and "client", got {info!r:.80}')
    if not isinstance(info["user"], str) or not isinstance(info["client"], str):
        raise BadRequest(f'expected "user" and "client" of "info" to be texts, got {info!r:.80}')


def encode_meta(meta: JSONObject | None) -> str:
    """Return a draft's meta as JSON text; an empty one where there is none.

    Raises:
        BadRequest: it is not JSON.
        LimitExceeded: it is larger than `MAX_META`.
    """
    if not meta:
        return ""
    text = encode_json(meta)
    if len(text.encode()) > MAX_META:
        raise LimitExceeded(f"expected tags and info of an event of up to {MAX_META} bytes as JSON, got more")
    return text


def encode(draft: Draft) -> str:
    """Return a draft's data as JSON text; data that is a callable is called.

    Raises:
        BadRequest: the data is not JSON.
        LimitExceeded: it is larger than `HUBBUB_MAX_EVENT_SIZE`.
    """
    text = encode_json(draft.data() if callable(draft.data) else draft.data)
    size = len(text) if text.isascii() else len(text.encode())
    if size > conf.MAX_EVENT_SIZE:
        raise LimitExceeded(f"expected event data of up to {conf.MAX_EVENT_SIZE} bytes as JSON, got {size}")
    return text
