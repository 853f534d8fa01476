"""Makes calls of a codec of the entries of the table of golden messages."""

from typing import Any

import pytest

from hub.core import errors
from hub.core.events import Event
from hub.core.protocol import Codec
from hub.core.types import JSONObject
from hub.core.wire import Payload
from tests.golden import CENTRIFUGO


def golden(kind: str) -> pytest.MarkDecorator:
    """Return the mark that calls a test with each `entry` of a kind."""
    entries = CENTRIFUGO[kind]
    return pytest.mark.parametrize("entry", entries, ids=[entry["says"].replace(" ", "-") for entry in entries])


def result_of(entry: dict[str, Any]) -> JSONObject:
    """Return the result of a reply, with events for its publications."""
    result: JSONObject = entry["result"]
    if "publications" not in result:
        return result
    return result | {"publications": [Event(*fields) for fields in result["publications"]]}


def encoded_by(codec: Codec, kind: str, entry: dict[str, Any]) -> Payload:
    """Return what a codec writes for an entry of `replies`, `errors`, `pushes` or `publications`."""
    if kind == "replies":
        return codec.reply(entry["id"], entry["method"], result_of(entry))
    if kind == "errors":
        return codec.error(entry["id"], getattr(errors, entry["error"])())
    if kind == "pushes":
        return codec.push(entry["kind"], entry["body"], entry["channel"], bare=entry.get("bare", False))
    return codec.wire(**entry.get("wire", {})).encode(entry["stream"], Event(*entry["event"]))
