"""Members of a request, with their types checked. One that is null is as one that is absent."""

import base64
import binascii

from hub.core.errors import BadRequest
from hub.core.events import Position
from hub.core.json import decode_json
from hub.core.streams import MAX_STREAM_NAME
from hub.core.types import JSONObject, JSONValue


def channel(params: JSONObject) -> str:
    """Return the stream that a request is about.

    Raises:
        BadRequest: it names none.
    """
    return stream_name(text(params, "channel"))


def stream_name(name: JSONValue) -> str:
    """Return what may be the name of a stream.

    Raises:
        BadRequest: it is empty, too long or no text.
    """
    if not isinstance(name, str) or not 0 < len(name) <= MAX_STREAM_NAME:
        raise BadRequest(f"expected a channel of 1 to {MAX_STREAM_NAME} characters, got {name!r:.80}")
    return name


def text(params: JSONObject, name: str) -> str:
    """Return a text, an empty one where it is absent.

    Raises:
        BadRequest: it is something else.
    """
    value = params.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadRequest(f'expected "{name}" to be a text, got {value!r:.80}')
    return value


def flag(params: JSONObject, name: str) -> bool:
    """Return a truth value, false where it is absent.

    Raises:
        BadRequest: it is something else.
    """
    value = params.get(name)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise BadRequest(f'expected "{name}" to be true or false, got {value!r:.80}')
    return value


def whole(params: JSONObject, name: str, *, least: int = 0) -> int:
    """Return a whole number, 0 where it is absent.

    Raises:
        BadRequest: it is something else, or less than `least`.
    """
    value = params.get(name)
    if value is None:
        return 0
    # bool is an int in Python, never in JSON.
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise BadRequest(f'expected "{name}" to be a whole number from {least} on, got {value!r:.80}')
    return value


def mapping(params: JSONObject, name: str) -> JSONObject | None:
    """Return an object, None where it is absent.

    Raises:
        BadRequest: it is something else.
    """
    value = params.get(name)
    if value is not None and not isinstance(value, dict):
        raise BadRequest(f'expected "{name}" to be an object, got {value!r:.80}')
    return value


def items(params: JSONObject, name: str) -> list[JSONValue]:
    """Return a list, an empty one where it is absent.

    Raises:
        BadRequest: it is something else.
    """
    value = params.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadRequest(f'expected "{name}" to be a list, got {value!r:.80}')
    return value


def texts(params: JSONObject, name: str) -> tuple[str, ...]:
    """Return a list of texts, an empty one where it is absent.

    Raises:
        BadRequest: it is something else.
    """
    value = items(params, name)
    if not all(isinstance(one, str) for one in value):
        raise BadRequest(f'expected "{name}" to be a list of texts, got {value!r:.80}')
    return tuple(value)


def position(params: JSONObject, name: str) -> Position | None:
    """Return a position, `{"offset", "epoch"}`, None where it is absent.

    Raises:
        BadRequest: it is something else.
    """
    value = mapping(params, name)
    return None if value is None else Position(text(value, "epoch"), whole(value, "offset"))


def payload(params: JSONObject, name: str) -> tuple[bool, JSONValue]:
    """Read JSON that came as it is, as `name`, or as its text in Base64, as `b64<name>`.

    Returns:
        Whether it came, and the value.
    Raises:
        BadRequest: it came both ways, or in Base64 is no JSON.
    """
    encoded = text(params, f"b64{name}")
    if not encoded:
        return name in params, params.get(name)
    if params.get(name) is not None:
        raise BadRequest(f'expected one of "{name}" and "b64{name}", got both')
    try:
        return True, decode_json(base64.b64decode(encoded, validate=True).decode())
    except (binascii.Error, UnicodeDecodeError) as error:
        raise BadRequest(f'expected "b64{name}" to be JSON in Base64, got something else') from error
