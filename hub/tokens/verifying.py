"""Whether a token of the Centrifugo protocol is valid (section 8), and what it says."""

import re
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeVar

import jwt

from hub.core.codes import CloseCode
from hub.core.errors import BadRequest, PermissionDenied, TokenExpired, Unauthorized
from hub.core.json import decode_json_object
from hub.core.protocol import Disconnect
from hub.tokens import claims as reading
from hub.tokens.claims import ConnectionClaims, Grant, InvalidClaims, SubscriptionClaims
from hub.tokens.jwks import KeySet
from hub.tokens.keys import BY_KIND, HMAC, KeySettings, connection_keys, public_key, subscription_keys, verify_signature
from hub.tokens.own import LEEWAY

T = TypeVar("T", ConnectionClaims, SubscriptionClaims)

#: The set of keys of an address: one for each, for as long as the process lives.
_key_set = lru_cache(16)(KeySet)


async def verify_connection(token: str) -> ConnectionClaims:
    """Return what a connection token says.

    Raises:
        TokenExpired: its time has passed, or has not come.
        Unauthorized: it is not valid, or there is no key to tell.
        InternalError: the keys are elsewhere, and cannot be asked for.
    """
    keys = connection_keys()
    claims = await _verify(token, keys)
    try:
        return reading.read_connection(claims, keys.user_id_claim or "sub")
    except InvalidClaims as error:
        raise Unauthorized(f"expected a valid token: {error}") from error


async def verify_subscription(token: str, *, user: str, client: str, stream: str) -> Grant:
    """Return what a subscription token grants to a connection.

    Arguments:
        user: who is connected (`hub.identity.user_key`); client: the id of the connection; stream: what is asked for.
    Raises:
        TokenExpired: its time has passed, or has not come.
        PermissionDenied: it is not valid.
        Disconnect: it is valid, and somebody else's or another stream's (3500).
        InternalError: the keys are elsewhere, and cannot be asked for.
    """
    keys = subscription_keys()
    try:
        claims = reading.read_subscription(await _verify(token, keys), keys.user_id_claim or "sub")
    except (Unauthorized, InvalidClaims) as error:
        raise PermissionDenied(f"expected a valid subscription token: {error}") from error
    if claims.stream != stream or claims.user != user or claims.client not in ("", client):
        raise Disconnect(CloseCode.INVALID_TOKEN, "invalid token")
    return claims.grant


def stream_of(token: str) -> str:
    """Return the stream that a subscription token names, which is not verified by this; empty where it names none.

    Some clients name the stream of a token that they renew nowhere else.
    """
    try:
        payload = jwt.decode(token, options={"verify_signature": False}).get("channel")
    except (jwt.PyJWTError, ValueError, TypeError):
        return ""
    return payload if isinstance(payload, str) else ""


async def _verify(token: str, keys: KeySettings) -> Mapping[str, Any]:
    """Return the claims of a token that is signed, timely, and meant for this site."""
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise Unauthorized("expected a valid token, got one that is malformed") from error
    try:
        claims = decode_json_object((await _signed(token, header, keys)).decode())
        _check_time(claims)
    except (BadRequest, InvalidClaims, UnicodeDecodeError) as error:
        raise Unauthorized(f"expected a valid token: {error}") from error
    _check_purpose(claims, keys)
    return claims


async def _signed(token: str, header: Mapping[str, Any], keys: KeySettings) -> bytes:
    """Return the claims of a token that one of the keys has signed."""
    algorithm = header.get("alg")
    if algorithm in HMAC:
        for secret in (secrets := list(keys.secrets())):
            try:
                return verify_signature(token, algorithm, secret)
            except Unauthorized:
                if secret == secrets[-1]:
                    raise
    elif keys.jwks_public_endpoint:
        key_id = header.get("kid", "")
        key = await _key_set(keys.jwks_public_endpoint).find(key_id) if isinstance(key_id, str) else None
        if key is not None and algorithm in key.algorithms:
            return verify_signature(token, algorithm, key.key)
    elif algorithm in BY_KIND["RSA"][:3] and keys.rsa_public_key:
        return verify_signature(token, algorithm, public_key(keys.rsa_public_key, "RSA"))
    elif algorithm in BY_KIND["EC"] and keys.ecdsa_public_key:
        return verify_signature(token, algorithm, public_key(keys.ecdsa_public_key, "EC"))
    raise Unauthorized(f"expected a token that is signed with a key of this site, got one of {algorithm!r:.20}")


def _check_time(claims: Mapping[str, Any]) -> None:
    now = time.time()
    expires_at, not_before = reading.number(claims, "exp"), reading.number(claims, "nbf")
    # One that is not valid yet will be, so whoever has it should come again: as Centrifugo says it.
    if (expires_at is not None and expires_at <= now) or (not_before is not None and not_before > now + LEEWAY):
        raise TokenExpired


def _check_purpose(claims: Mapping[str, Any], keys: KeySettings) -> None:
    """Make sure that a token is by the issuer and for the audience that the settings name (RFC 7519, 4.1.1, 4.1.3)."""
    issuer, audience = claims.get("iss"), claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if not _fits([issuer], keys.issuer, keys.issuer_regex) or not _fits(audiences, keys.audience, keys.audience_regex):
        raise Unauthorized("expected a token of another issuer, or for another audience")


def _fits(values: list[Any], exact: str, pattern: str) -> bool:
    texts = [value for value in values if isinstance(value, str)]
    if exact:
        return exact in texts
    return not pattern or any(re.search(pattern, text) for text in texts)
