"""The messages of the Centrifugo client protocol as data: which members each has, and what these are.

The codecs check and write by it. `hub/protobuf/client.proto` says the same, with numbers; a test compares the two.
"""

from dataclasses import dataclass
from enum import Enum


class Scalar(Enum):
    """What a member is that is not a message; the value names it for a client that sent something else."""

    TEXT = "a text"
    FLAG = "true or false"
    INT32 = "a whole number of 32 bits"
    UINT32 = "a whole number from 0 to 4294967295"
    INT64 = "a whole number of 64 bits"
    UINT64 = "a whole number from 0"
    #: Any JSON value, embedded as it is; protobuf carries its text as bytes.
    PAYLOAD = "any JSON value"


class Shape(Enum):
    """How often a member holds what it is of."""

    ONE = "one"
    LIST = "list"
    #: By any text.
    MAP = "map"


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a message."""

    #: A scalar, or the name of a message.
    type: Scalar | str
    shape: Shape = Shape.ONE
    #: Whether it is written even with its zero value, since clients rely on it.
    always: bool = False


#: The members of a message, by name, in the order in which they are written.
Members = dict[str, Member]

_TEXT = Member(Scalar.TEXT)
_FLAG = Member(Scalar.FLAG)
_INT32 = Member(Scalar.INT32)
_UINT32 = Member(Scalar.UINT32)
_INT64 = Member(Scalar.INT64)
_UINT64 = Member(Scalar.UINT64)
_PAYLOAD = Member(Scalar.PAYLOAD)
_TEXTS = Member(Scalar.TEXT, Shape.LIST)
_TEXT_BY_NAME = Member(Scalar.TEXT, Shape.MAP)

_CHANNEL: Members = {"channel": _TEXT}
_CONNECTED: Members = {
    "client": _TEXT,
    "version": _TEXT,
    "expires": _FLAG,
    "ttl": _UINT32,
    "data": _PAYLOAD,
    "subs": Member("SubscribeResult", Shape.MAP),
    "ping": _UINT32,
    "pong": _FLAG,
    "session": _TEXT,
    "node": _TEXT,
    "time": _INT64,
}

MESSAGES: dict[str, Members] = {
    "Error": {"code": _UINT32, "message": _TEXT, "temporary": _FLAG},
    "ClientInfo": {"user": _TEXT, "client": _TEXT, "conn_info": _PAYLOAD, "chan_info": _PAYLOAD},
    "Publication": {
        "data": _PAYLOAD,
        "info": Member("ClientInfo"),
        "offset": _UINT64,
        "tags": _TEXT_BY_NAME,
        "delta": _FLAG,
        "time": _INT64,
    },
    "FilterNode": {
        "op": _TEXT,
        "key": _TEXT,
        "cmp": _TEXT,
        "val": _TEXT,
        "vals": _TEXTS,
        "nodes": Member("FilterNode", Shape.LIST),
    },
    "StreamPosition": {"offset": _UINT64, "epoch": _TEXT},
    # What clients send.
    "ConnectRequest": {
        "token": _TEXT,
        "data": _PAYLOAD,
        "subs": Member("SubscribeRequest", Shape.MAP),
        "name": _TEXT,
        "version": _TEXT,
        "headers": _TEXT_BY_NAME,
        "flag": _INT64,
    },
    "SubscribeRequest": {
        "channel": _TEXT,
        "token": _TEXT,
        "recover": _FLAG,
        "epoch": _TEXT,
        "offset": _UINT64,
        "data": _PAYLOAD,
        "positioned": _FLAG,
        "recoverable": _FLAG,
        "join_leave": _FLAG,
        "delta": _TEXT,
        "tf": Member("FilterNode"),
        "flag": _INT64,
        "type": _INT32,
    },
    "UnsubscribeRequest": _CHANNEL,
    "PublishRequest": {"channel": _TEXT, "data": _PAYLOAD, "type": _INT32},
    "PresenceRequest": _CHANNEL,
    "PresenceStatsRequest": _CHANNEL,
    "HistoryRequest": {"channel": _TEXT, "limit": _INT32, "since": Member("StreamPosition"), "reverse": _FLAG},
    "PingRequest": {},
    "SendRequest": {"data": _PAYLOAD},
    "RPCRequest": {"data": _PAYLOAD, "method": _TEXT},
    "RefreshRequest": {"token": _TEXT},
    "SubRefreshRequest": {"channel": _TEXT, "token": _TEXT, "type": _INT32},
    # What the server answers.
    "ConnectResult": _CONNECTED,
    "SubscribeResult": {
        "expires": _FLAG,
        "ttl": _UINT32,
        "recoverable": _FLAG,
        "epoch": _TEXT,
        "publications": Member("Publication", Shape.LIST),
        "recovered": _FLAG,
        "offset": _UINT64,
        "positioned": _FLAG,
        "data": _PAYLOAD,
        "was_recovering": _FLAG,
        "delta": _FLAG,
    },
    "UnsubscribeResult": {},
    "PublishResult": {},
    # Both the JavaScript client and `cent` require the key.
    "PresenceResult": {"presence": Member("ClientInfo", Shape.MAP, always=True)},
    "PresenceStatsResult": {"num_clients": _UINT32, "num_users": _UINT32},
    "HistoryResult": {"publications": Member("Publication", Shape.LIST), "epoch": _TEXT, "offset": _UINT64},
    "PingResult": {},
    "RPCResult": {"data": _PAYLOAD},
    "RefreshResult": {"client": _TEXT, "version": _TEXT, "expires": _FLAG, "ttl": _UINT32},
    "SubRefreshResult": {"expires": _FLAG, "ttl": _UINT32},
    # What the server says unasked. The Python client requires `info`, `code` and `reason`.
    "Join": {"info": Member("ClientInfo", always=True)},
    "Leave": {"info": Member("ClientInfo", always=True)},
    "Unsubscribe": {"code": Member(Scalar.UINT32, always=True), "reason": Member(Scalar.TEXT, always=True)},
    "Subscribe": {"recoverable": _FLAG, "epoch": _TEXT, "offset": _UINT64, "positioned": _FLAG, "data": _PAYLOAD},
    "Message": {"data": _PAYLOAD},
    "Connect": _CONNECTED,
    "Disconnect": {
        "code": Member(Scalar.UINT32, always=True),
        "reason": Member(Scalar.TEXT, always=True),
        "reconnect": _FLAG,
    },
    "Refresh": {"expires": _FLAG, "ttl": _UINT32},
}

#: The messages of a method's request and result. Where a command has several requests, the first of this order counts.
METHODS: dict[str, tuple[str, str]] = {
    "connect": ("ConnectRequest", "ConnectResult"),
    "subscribe": ("SubscribeRequest", "SubscribeResult"),
    "unsubscribe": ("UnsubscribeRequest", "UnsubscribeResult"),
    "publish": ("PublishRequest", "PublishResult"),
    "presence": ("PresenceRequest", "PresenceResult"),
    "presence_stats": ("PresenceStatsRequest", "PresenceStatsResult"),
    "history": ("HistoryRequest", "HistoryResult"),
    "ping": ("PingRequest", "PingResult"),
    "send": ("SendRequest", ""),
    "rpc": ("RPCRequest", "RPCResult"),
    "refresh": ("RefreshRequest", "RefreshResult"),
    "sub_refresh": ("SubRefreshRequest", "SubRefreshResult"),
}

#: The messages of pushes.
PUSHES: dict[str, str] = {
    "join": "Join",
    "leave": "Leave",
    "unsubscribe": "Unsubscribe",
    "message": "Message",
    "subscribe": "Subscribe",
    "connect": "Connect",
    "disconnect": "Disconnect",
    "refresh": "Refresh",
}

#: What numbers of each kind may be, from and to.
RANGES: dict[Scalar, tuple[int, int]] = {
    Scalar.INT32: (-(2**31), 2**31 - 1),
    Scalar.UINT32: (0, 2**32 - 1),
    Scalar.INT64: (-(2**63), 2**63 - 1),
    # No stream comes so far; and a 64-bit column holds no more.
    Scalar.UINT64: (0, 2**63 - 1),
}
