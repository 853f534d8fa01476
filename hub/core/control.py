"""What server processes tell each other about sessions, as messages of the channel layer.

All of it goes as JSON text: what an application says may hold numbers that the layer's own encoding cannot carry.
"""

import json
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar

from hub.core.events import LAYER_VERSION, Position
from hub.core.json import encode_json
from hub.core.types import JSONObject, JSONValue

_SESSIONS_TYPE = "hub.sessions"
_NODE_TYPE = "hub.node"
_QUESTION_TYPE = "hub.question"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionAction:
    """Something to be done to all sessions that match what is given, in whatever process (protocol, section 9)."""

    #: What it is called between processes.
    action: ClassVar[str]
    #: Whose sessions; empty: whoever's.
    user: str = ""
    #: The id of the one connection that is meant, or empty.
    client: str = ""
    #: The secret id of the one session that is meant, or empty.
    session: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribe(SessionAction):
    """Subscribe them to a stream, on the server's side."""

    action = "subscribe"
    stream: str
    #: When the subscription ends, in seconds since 1970; None: never.
    expire_at: float | None = None
    #: What others see of them in this stream.
    info: JSONValue = None
    #: What their clients are told along with it.
    data: JSONValue = None
    #: Where they go on from; None: at the end.
    recover_since: Position | None = None
    #: Options that differ from those of the namespace.
    override: dict[str, bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribe(SessionAction):
    """End their subscriptions to a stream."""

    action = "unsubscribe"
    stream: str
    #: 2000-2999; from 2500 on, clients subscribe again.
    code: int = 2000
    reason: str = "server unsubscribe"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisconnectSessions(SessionAction):
    """End them."""

    action = "disconnect"
    #: Ids of connections that stay.
    whitelist: tuple[str, ...] = ()
    #: 3000-4999; its range tells clients whether to come back.
    code: int = 3503
    reason: str = "force disconnect"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refresh(SessionAction):
    """Move the end of their connections, or let them end as expired."""

    action = "refresh"
    expired: bool = False
    #: When they expire, in seconds since 1970; None: never.
    expire_at: float | None = None
    #: What others see of them from now on.
    info: JSONValue = None


_ACTIONS: dict[str, type[SessionAction]] = {
    kind.action: kind for kind in (Subscribe, Unsubscribe, DisconnectSessions, Refresh)
}


def encode_action(action: SessionAction) -> JSONObject:
    """Return the channel-layer message of an action.

    Raises:
        BadRequest: it holds something that is no JSON.
    """
    return _message(_SESSIONS_TYPE, {"action": action.action, **asdict(action)})


def decode_action(message: JSONObject) -> SessionAction | None:
    """Read an action out of a channel-layer message; None when it is something else, or of a newer version."""
    body = _body(_SESSIONS_TYPE, message)
    kind = _ACTIONS.get(body.pop("action")) if body is not None else None
    if body is None or kind is None:
        return None
    # What a newer process says besides is passed over.
    known: dict[str, Any] = {field.name: body[field.name] for field in fields(kind) if field.name in body}
    if known.get("recover_since") is not None:
        known["recover_since"] = Position(**known["recover_since"])
    if "whitelist" in known:
        known["whitelist"] = tuple(known["whitelist"])
    return kind(**known)


def node_group(node: str) -> str:
    """Return the name whose group one process alone listens to.

    Arguments:
        node: the process's id.
    """
    return f"hub:node.{node}"


def encode_node_message(message: JSONObject) -> JSONObject:
    """Return the channel-layer message of what is said to one process.

    Raises:
        BadRequest: it holds something that is no JSON.
    """
    return _message(_NODE_TYPE, message)


def decode_node_message(message: JSONObject) -> JSONObject | None:
    """Read what was said to this process alone; None when it is something else, or of a newer version."""
    return _body(_NODE_TYPE, message)


@dataclass(frozen=True, slots=True)
class Question:
    """Something that every server process is asked; each answers in its own words."""

    #: Random; by it the answers are found.
    id: str
    #: What is asked.
    name: str
    #: More of it, as the question has it.
    data: JSONValue


def encode_question(question: Question) -> JSONObject:
    """Return the channel-layer message of a question.

    Raises:
        BadRequest: it holds something that is no JSON.
    """
    return _message(_QUESTION_TYPE, asdict(question))


def decode_question(message: JSONObject) -> Question | None:
    """Read a question out of a channel-layer message; None when it is something else, or of a newer version."""
    body = _body(_QUESTION_TYPE, message)
    return None if body is None else Question(body["id"], body["name"], body["data"])


def _message(type_: str, body: JSONObject) -> JSONObject:
    return {"type": type_, "v": LAYER_VERSION, "body": encode_json(body)}


def _body(type_: str, message: JSONObject) -> JSONObject | None:
    if message.get("type") != type_ or message.get("v") != LAYER_VERSION:
        return None
    body: JSONObject = json.loads(message["body"])
    return body
