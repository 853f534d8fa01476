"""JSON as the hub writes and reads it: compact, strict, and bounded in depth."""

import json
import math
import re

from hub.core.errors import BadRequest
from hub.core.types import JSONObject, JSONValue

#: Greatest whole number that is read from a client; the least is one more below zero: what a 64-bit column holds.
MAX_INTEGER = 2**63 - 1
#: Deepest nesting of arrays and objects that is read from a client.
MAX_DEPTH = 32

_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def encode_json(value: JSONValue) -> str:
    """Return `value` as compact JSON text.

    Raises:
        BadRequest: it holds something that is not JSON (NaN, a date, a lone surrogate …), or is nested without end.
    """
    try:
        text = _encoder.encode(value)
        # A lone surrogate passes the encoder and would fail only when the frame goes out, at every reader.
        text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise BadRequest(f"expected data that is JSON, got {error}") from error
    return text


def decode_json_object(text: str) -> JSONObject:
    """Read a JSON object that came from a client.

    Raises:
        BadRequest: it is no object, or `decode_json` refuses it.
    """
    value = parse_json_object(text)
    check_storable(value, text)
    return value


def parse_json_object(text: str) -> JSONObject:
    """Read a JSON object in which there may be a NUL or a lone surrogate; for who answers that with other words.

    Raises:
        BadRequest: it is no object, or `decode_json` refuses it for anything else.
    """
    value = _parsed(text, "a JSON object")
    if not isinstance(value, dict):
        raise BadRequest(f"expected a JSON object, got {_NAMES[type(value)]}")
    return value


def decode_json(text: str) -> JSONValue:
    """Read any JSON value that came from a client.

    Raises:
        BadRequest: it is no JSON, nested deeper than 32 levels, has a key twice, NaN or Infinity, a whole number of
            more than 64 bits, a NUL or a lone surrogate.
    """
    value = _parsed(text, "JSON")
    check_storable(value, text)
    return value


def _parsed(text: str, expected: str) -> JSONValue:
    if _depth(text) > MAX_DEPTH:
        raise BadRequest(f"expected at most {MAX_DEPTH} levels of nesting, got more")
    try:
        return json.loads(
            text,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            parse_int=_storable,
            object_pairs_hook=_object_without_repeats,
        )
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"expected {expected}, got something that is not JSON: {error}") from error


def check_storable(value: JSONValue, text: str) -> None:
    """Refuse what PostgreSQL cannot store or no frame can carry.

    Arguments:
        text: what the value was read from.
    Raises:
        BadRequest: there is a NUL or a lone surrogate in it.
    """
    # Only an escape can bring them in: raw ones are refused by the JSON parser and by the UTF-8 decoder.
    if "\\u" in text:
        _refuse_unstorable(value)


_NAMES = {list: "an array", str: "a string", int: "a number", float: "a number", bool: "a boolean", type(None): "null"}
# Matches a string without its end too, and never gives back what it took: else a text of many `\"` and no end would
# be tried from each of them anew, and one frame would hold up the event loop for a minute.
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_BRACKET = re.compile(r"[\[\]{}]")


def _depth(text: str) -> int:
    """Count the deepest nesting without building anything: the parser recurses, a hostile text must not reach it."""
    depth = deepest = 0
    for bracket in _BRACKET.findall(_STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _storable(digits: str) -> int:
    # No database has larger ones, and a command that looks for a row by its number would fail there.
    if len(digits) > 20 or not -MAX_INTEGER - 1 <= (number := int(digits)) <= MAX_INTEGER:
        raise ValueError(f"a whole number is beyond {MAX_INTEGER}")
    return number


def _refuse_constant(name: str) -> JSONValue:
    raise ValueError(f"{name} is no JSON number")


def _finite(number: str) -> float:
    value = float(number)
    if math.isinf(value):
        raise ValueError(f"{number[:40]} is too large a number")
    return value


def _object_without_repeats(pairs: list[tuple[str, JSONValue]]) -> JSONObject:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return result


def _refuse_unstorable(value: JSONValue) -> None:
    """Refuse NUL, which PostgreSQL cannot store, and lone surrogates, which cannot be sent."""
    if isinstance(value, str):
        if "\x00" in value:
            raise BadRequest("expected text without NUL characters, got one")
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise BadRequest("expected text that is valid Unicode, got a lone surrogate")
    elif isinstance(value, list):
        for item in value:
            _refuse_unstorable(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            _refuse_unstorable(name)
            _refuse_unstorable(item)
