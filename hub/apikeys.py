"""API keys: how programs prove who they are to the REST API. Only hashes are stored."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.utils import timezone

from hub.core.errors import Unauthorized
from hub.models import ApiKey

#: What a key may be allowed to do, with what it means.
SCOPES: dict[str, str] = {
    "notifications:write": "send notifications to any user",
    "chat:write": "post messages in the name of the key's user",
    "server": "whatever the server API can do: publish anywhere, read any stream, end connections",
}

_PREFIX = "hub_"
#: How exactly the last use is kept: writing it at every call would make each one a write.
_LAST_USED_STEP = timedelta(minutes=1)


def issue(name: str, user: User, scopes: Iterable[str], *, expires_at: datetime | None = None) -> tuple[ApiKey, str]:
    """Make a key.

    Arguments:
        name: what a person calls it.
        user: in whose name it acts.
        scopes: what it may do, of `SCOPES`.
        expires_at: when it ends, or None.
    Returns:
        The row, and the key itself, which cannot be had again.
    Raises:
        ValueError: a scope is unknown.
    """
    scopes = list(scopes)
    if unknown := sorted(set(scopes) - SCOPES.keys()):
        raise ValueError(f"expected scopes out of {', '.join(SCOPES)}, got {unknown[0]!r}")
    key = _PREFIX + secrets.token_urlsafe(32)
    row = ApiKey.objects.create(
        name=name, user=user, prefix=key[:8], hash=_hash(key), scopes=scopes, expires_at=expires_at
    )
    return row, key


def verify(key: str) -> ApiKey:
    """Return the row of a key that may be used now, with its user.

    Raises:
        Unauthorized: it is unknown, revoked or expired, or its user is disabled. The words do not say which.
    """
    now = timezone.now()
    # Looked up by hash: nothing that a clock could measure depends on how much of a wrong key is right.
    row = ApiKey.objects.select_related("user").filter(hash=_hash(key)).first()
    if row is None or row.revoked_at or (row.expires_at and row.expires_at <= now) or not row.user.is_active:
        raise Unauthorized("expected a valid API key, got one that is unknown, revoked or expired")
    if row.last_used_at is None or now - row.last_used_at >= _LAST_USED_STEP:
        ApiKey.objects.filter(pk=row.pk).update(last_used_at=now)
    return row


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
