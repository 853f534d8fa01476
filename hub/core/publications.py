"""What subscribers are told of an event, whichever way it is written: its time, its tags, and who published it."""

import json
from datetime import datetime

from hub.core.events import Event
from hub.core.protocol import ClientInfo
from hub.core.types import JSONObject

#: The type of a publication that has no type of its own: Centrifugo's publications have none.
PLAIN_TYPE = "message"
#: The types of the ephemeral events that tell of clients who come and go; their data are `{"info": ClientInfo}`.
JOIN, LEAVE = "client.join", "client.leave"
#: The push that tells of each.
CLIENT_EVENTS = {JOIN: "join", LEAVE: "leave"}


def unix_milliseconds(at: str) -> int:
    """Return the time of an event (`Event.at`) in milliseconds since 1970."""
    return round(datetime.fromisoformat(at).timestamp() * 1000)


def client_event(event: Event) -> str:
    """Return `join` or `leave` for an event that tells of a client, and nothing for any other."""
    return CLIENT_EVENTS.get(event.type, "") if event.offset is None else ""


def client_told(event: Event) -> JSONObject:
    """Return what an event says that tells of a client: `{"info": ClientInfo}`."""
    # Not read as what a client sends is: what it holds was checked one by one, and lies deeper here than that may.
    told: JSONObject = json.loads(event.data)
    return told


def publisher_and_tags(type_: str, meta: str) -> tuple[ClientInfo | None, JSONObject]:
    """Return which client published an event, if one did, and its tags; its type is one of them.

    Arguments:
        type_: the event's type.
        meta: the event's meta, as it stands there.
    """
    known = json.loads(meta) if meta else {}
    tags: JSONObject = known.get("tags") or {}
    return known.get("info"), tags if type_ == PLAIN_TYPE else {**tags, "type": type_}
