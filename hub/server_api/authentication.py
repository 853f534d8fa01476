"""Who calls the server API: a program with a key, of the database or of the settings."""

import hashlib
import hmac
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.http import HttpRequest

from hub import apikeys
from hub.conf import conf
from hub.core.errors import Unauthorized

#: What a key needs to be allowed.
SCOPE = "server"


@dataclass(frozen=True, slots=True)
class Program:
    """Who calls. It may do whatever the server API can do; only commands of namespaces are done in a user's name."""

    #: In whose name its key acts; None for the key of the settings.
    user: User | None


def authenticate(request: HttpRequest) -> Program:
    """Return who calls, by `X-API-Key`, `Authorization: apikey <key>` or `?api_key=`, the first that is there.

    Raises:
        Unauthorized: there is no key, or none that may be used for this.
    """
    key = _key(request)
    if not key:
        raise Unauthorized("expected an API key in the header X-API-Key, got none")
    # Of equal length whatever the keys are, and compared in a time that does not depend on where they differ.
    if conf.API_KEY and hmac.compare_digest(_digest(key), _digest(conf.API_KEY)):
        return Program(None)
    row = apikeys.verify(key)
    if SCOPE not in row.scopes:
        raise Unauthorized(f"expected an API key with the scope {SCOPE!r}, got one without")
    return Program(row.user)


def _key(request: HttpRequest) -> str:
    if (own := request.headers.get("X-API-Key")) is not None:
        return own
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "apikey":
        return key.strip()
    return request.GET.get("api_key", "")


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
