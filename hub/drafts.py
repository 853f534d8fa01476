"""What a client wants to publish by itself: read from a command's data, and checked before it reaches the log."""

from typing import Any

from hub.conf import conf
from hub.core.errors import BadRequest, LimitExceeded
from hub.core.json import encode_json
from hub.core.types import JSONObject
from hub.log import Draft
from hub.log.drafts import MAX_KEY, MAX_TYPE

_MEMBERS = frozenset({"data", "type", "key"})


def draft_from(data: JSONObject, *, history: bool = True, info: JSONObject | None = None) -> Draft:
    """Return the event that the command `publish` asks for.

    Arguments:
        data: `{"data": object, "type"?: text, "key"?: text}`.
        info: what subscribers are told of a client of the Centrifugo protocol, whose data may be any JSON.
        history: whether the event is going to be kept; a key has no meaning where it is not.
    Raises:
        BadRequest: it is something else.
        LimitExceeded: the event's data is larger than `HUBBUB_MAX_EVENT_SIZE`.
    """
    if unknown := sorted(data.keys() - _MEMBERS):
        # A misspelt `key` would silently cost its sender the protection against repeats.
        raise BadRequest(f'expected only "data", "type" and "key", got also {unknown[0]!r:.80}')
    body = data.get("data")
    if not isinstance(body, dict) and info is None:
        raise BadRequest(f'expected "data" of the event to be an object, got {body!r:.80}')
    # The log would refuse it too, with all that is written together with it. No message of a client grows sixfold.
    if (
        conf.MAX_MESSAGE_SIZE * 6 > conf.MAX_EVENT_SIZE
        and (size := len(encode_json(body).encode())) > conf.MAX_EVENT_SIZE
    ):
        raise LimitExceeded(f"expected event data of up to {conf.MAX_EVENT_SIZE} bytes as JSON, got {size}")
    type_ = _text("type", data.get("type", "message"), MAX_TYPE)
    key = None if data.get("key") is None else _text("key", data["key"], MAX_KEY)
    if key is not None and not history:
        raise BadRequest('expected no "key" on a stream that keeps nothing to find it in, got one')
    return Draft(type_, body, key, None if info is None else {"info": info})


def _text(name: str, value: Any, longest: int) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise BadRequest(f'expected "{name}" of the event to be a text of 1 to {longest} characters, got {value!r:.80}')
    return value
