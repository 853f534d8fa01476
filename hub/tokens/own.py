"""Tokens: signed proofs of who a client is (JSON Web Token, RFC 7519), for scripts and apps that hold no session."""

import hashlib
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

import jwt
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.utils.crypto import constant_time_compare, salted_hmac

from hub.core.errors import TokenExpired, Unauthorized

if TYPE_CHECKING:
    from jwt.types import Options

ALGORITHM = "HS256"

#: Seconds that the clocks of issuer and verifier may differ.
LEEWAY = 120

#: Passwords of which it is remembered what was computed from them.
_REMEMBERED = 8_192


@dataclass(frozen=True, slots=True)
class Claims:
    """What a valid token says."""

    user_id: int
    expires_at: datetime
    #: A mark of the password that the user had when the token was issued.
    fingerprint: str
    #: The secrets that were the site's when it was verified.
    secrets: tuple[str, ...] = field(default=(), compare=False, repr=False)


def issue(user: AbstractBaseUser, ttl: timedelta) -> str:
    """Return a token for a user.

    Arguments:
        user: whom the bearer of the token is taken for.
        ttl: how long it is valid, more than zero.
    Raises:
        ValueError: the time is not more than zero.
    """
    if ttl <= timedelta(0):
        raise ValueError(f"expected a token to live for more than 0 seconds, got {ttl.total_seconds():g}")
    now = datetime.now(UTC)
    claims = {"sub": str(user.pk), "iat": now, "exp": now + ttl, "fp": fingerprint(user)}
    return jwt.encode(claims, _key(str(settings.SECRET_KEY)), ALGORITHM)


def fingerprint(user: AbstractBaseUser, secret: str | None = None) -> str:
    """Return a mark of a user's password, which says nothing of it: another password, another mark.

    Arguments:
        secret: what it is made with, `SECRET_KEY` where absent.
    """
    return _fingerprint(user.password, str(secret or settings.SECRET_KEY))


@lru_cache(_REMEMBERED)
def _fingerprint(password: str, secret: str) -> str:
    return salted_hmac("hubbub.tokens.fingerprint", password, secret=secret, algorithm="sha256").hexdigest()[:16]


def fits(claims: Claims, user: AbstractBaseUser) -> bool:
    """Say whether a user has the password still that they had when the token of these claims was issued."""
    return any(constant_time_compare(claims.fingerprint, fingerprint(user, secret)) for secret in _secrets())


def verify(token: str, *, may_be_over: bool = False, known: Claims | None = None) -> Claims:
    """Return what a token says.

    When it was issued is not asked: a clock that was set back since, or is behind the issuer's, proves nothing.

    Arguments:
        may_be_over: whether one whose time has passed is taken too, by whoever measures that time otherwise.
        known: what the same token said before: it says the same as long as the site's secrets are the same. A socket's
            is looked at with each command, and several times a minute besides.
    Raises:
        TokenExpired: it was valid once.
        Unauthorized: its signature or form is wrong.
    """
    secrets = tuple(_secrets())
    claims = known if known is not None and known.secrets == secrets else _read(token, secrets)
    if not may_be_over and int(claims.expires_at.timestamp()) <= time.time() - LEEWAY:
        raise TokenExpired
    return claims


def _read(token: str, secrets: tuple[str, ...]) -> Claims:
    """Return what a token says that was signed with one of the secrets."""
    options: Options = {"require": ["sub", "exp", "iat", "fp"], "verify_iat": False, "verify_exp": False}
    for secret in secrets:
        try:
            claims = jwt.decode(token, _key(secret), [ALGORITHM], leeway=LEEWAY, options=options)
            if not isinstance(claims["iat"], int | float):
                raise ValueError("expected a number of seconds")
            expires_at = datetime.fromtimestamp(claims["exp"], UTC)
            return Claims(int(claims["sub"]), expires_at, str(claims["fp"]), secrets)
        except jwt.InvalidSignatureError:
            continue
        except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError) as error:
            raise Unauthorized("expected a valid token, got one that is malformed") from error
    raise Unauthorized("expected a valid token, got one with a wrong signature")


def _secrets() -> list[str]:
    return [str(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def _key(secret: str) -> bytes:
    # Never the secret itself: what signs cookies must not sign tokens too.
    return hashlib.sha256(b"hubbub.tokens:" + secret.encode()).digest()
