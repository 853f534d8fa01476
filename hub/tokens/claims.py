"""What the tokens of the Centrifugo protocol say (section 8), read out of their claims; pure."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.core.errors import BadRequest
from hub.core.json import decode_json_object

#: What a token may decide about a subscription, whatever its namespace says.
OVERRIDES = ("presence", "join_leave", "force_push_join_leave", "force_positioning", "force_recovery")


class InvalidClaims(ValueError):
    """A claim is not what it has to be."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token grants about one stream."""

    #: Shown to others beside the client (`chan_info`); None where the token says nothing.
    info: Any = None
    #: Given to the client with its subscription.
    data: Any = None
    #: Unix time in seconds at which the subscription ends; None: it does not.
    expires_at: float | None = None
    #: Options of the namespace, by name, that are otherwise for this subscription: those of `OVERRIDES`.
    override: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConnectionClaims:
    """What a connection token says."""

    #: Whose it is; empty: anonymous.
    user: str
    #: Shown to others beside the client (`conn_info`).
    info: Any
    #: Unix time in seconds at which the connection ends; None: it does not.
    expires_at: float | None
    #: Streams that the client gets without asking.
    subscriptions: Mapping[str, Grant]
    #: Kept on the server.
    meta: Any


@dataclass(frozen=True, slots=True)
class SubscriptionClaims:
    """What a subscription token says."""

    user: str
    #: Whose connection it is for; empty: any of the user's.
    client: str
    stream: str
    grant: Grant


def read_connection(claims: Mapping[str, Any], user_claim: str = "sub") -> ConnectionClaims:
    """Return what the claims of a connection token say.

    Arguments:
        claims: as they were signed.
        user_claim: the claim that names the user.
    Raises:
        InvalidClaims: one of them is wrong, or it is a token of a subscription.
    """
    if claims.get("channel"):
        raise InvalidClaims("expected no claim `channel` in a connection token")
    channels = claims.get("channels") or []
    subs = claims.get("subs") or {}
    if (
        not isinstance(channels, list)
        or not isinstance(subs, dict)
        or not all(isinstance(one, str) for one in channels)
    ):
        raise InvalidClaims("expected `channels` to be a list of texts, and `subs` to be an object")
    subscriptions = {stream: Grant() for stream in channels}
    subscriptions |= {stream: _grant(_object("subs", one), None) for stream, one in subs.items()}
    return ConnectionClaims(
        user=_user(claims, user_claim),
        info=_payload(claims, "info"),
        expires_at=_expires_at(claims),
        subscriptions=subscriptions,
        meta=claims.get("meta"),
    )


def read_subscription(claims: Mapping[str, Any], user_claim: str = "sub") -> SubscriptionClaims:
    """Return what the claims of a subscription token say. Arguments are those of `read_connection`.

    Raises:
        InvalidClaims: one of them is wrong or missing.
    """
    stream, client = claims.get("channel"), claims.get("client") or ""
    if not isinstance(stream, str) or not stream or not isinstance(client, str):
        raise InvalidClaims("expected `channel` to be the name of a stream, and `client` to be a text")
    return SubscriptionClaims(_user(claims, user_claim), client, stream, _grant(claims, _expires_at(claims)))


def _grant(claims: Mapping[str, Any], expires_at: float | None) -> Grant:
    override = {}
    for name, switch in _object("override", claims.get("override") or {}).items():
        value = _object("override", switch if switch is not None else {}).get("value", False)
        if not isinstance(value, bool):
            raise InvalidClaims(f"expected `override` to have booleans as values, got {value!r:.40}")
        # What a newer issuer may say besides is not known here, and changes nothing.
        if name in OVERRIDES and switch is not None:
            override[name] = value
    return Grant(_payload(claims, "info"), _payload(claims, "data"), expires_at, override)


def _user(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        # Many issuers write the id as the number that it is.
        return str(value)
    if not isinstance(value, str | None):
        raise InvalidClaims(f"expected `{name}` to be a text, got {value!r:.40}")
    return value or ""


def _expires_at(claims: Mapping[str, Any]) -> float | None:
    """Return when that ends for which the token is: `expire_at` where it says so (0: never), else `exp`."""
    value = claims.get("expire_at")
    if value is None:
        return number(claims, "exp")
    return number(claims, "expire_at") or None


def number(claims: Mapping[str, Any], name: str) -> float | None:
    """Return a claim that is a number of seconds, or None where there is none.

    Raises:
        InvalidClaims: it is something else.
    """
    value = claims.get(name)
    if value is None:
        return None
    # A number beyond all clocks would fail only later, where it is turned into a date.
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1e11 < value < 1e11:
        raise InvalidClaims(f"expected `{name}` to be a number of seconds, got {value!r:.40}")
    return float(value)


def _payload(claims: Mapping[str, Any], name: str) -> Any:
    """Return the JSON value of a claim, or of its sibling `b64…`, which holds it as text in Base64."""
    encoded = claims.get(f"b64{name}")
    if not encoded:
        return claims.get(name)
    try:
        text = base64.b64decode(encoded, validate=True).decode()
        [value] = decode_json_object(f'{{"value":{text}}}').values()
    except (BadRequest, binascii.Error, TypeError, ValueError) as error:
        raise InvalidClaims(f"expected `b64{name}` to be JSON in Base64") from error
    return value


def _object(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidClaims(f"expected `{name}` to hold objects, got {json.dumps(value)[:40]}")
    return value
