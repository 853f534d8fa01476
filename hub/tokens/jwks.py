"""Public keys that the issuer of tokens offers by HTTP (JSON Web Key Set, RFC 7517, 5), and may change at any time."""

import asyncio
import json
import logging
import time
from typing import Any, NamedTuple
from urllib.request import HTTPRedirectHandler, Request, build_opener

from jwt import PyJWK, PyJWTError

from hub.core.errors import InternalError
from hub.tokens.keys import BY_KIND

logger = logging.getLogger(__name__)

#: Seconds that keys are taken for current, and that a key which is not among them is asked for once at most.
FRESH = 300.0
PAUSE = 10.0
#: Seconds that keys are used while the issuer does not answer.
KEPT = 3_600.0
#: Seconds that it has for an answer, and bytes that one may have.
TIMEOUT = 5.0
MAX_SIZE = 1_048_576


class Key(NamedTuple):
    """A public key."""

    key: Any
    #: What it may be used with.
    algorithms: tuple[str, ...]


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """Follow none: whoever may redirect would say what is valid."""


class KeySet:
    """The keys of one address. However many tokens wait for them, they are fetched once.

    Arguments:
        address: of the set, with `http:` or `https:`.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._keys: dict[str, Key] = {}
        self._fetched_at = self._tried_at = float("-inf")
        self._fetching: asyncio.Task[None] | None = None

    async def find(self, key_id: str) -> Key | None:
        """Return a key, or None where there is none of that name.

        Arguments:
            key_id: the `kid` of a token; empty: the only key there is.
        Raises:
            InternalError: the issuer does not answer, and has not for long.
        """
        age = time.monotonic() - self._fetched_at
        if self._look_up(key_id) is None or age > KEPT:
            await self._refreshed()
        elif age > FRESH:
            # Whoever has a key that is known does not wait for an issuer that may not answer.
            self._refresh()
        if time.monotonic() - self._fetched_at > KEPT:
            raise InternalError("the keys of tokens are not available")
        return self._look_up(key_id)

    def _look_up(self, key_id: str) -> Key | None:
        if key_id:
            return self._keys.get(key_id)
        return next(iter(self._keys.values())) if len(self._keys) == 1 else None

    async def _refreshed(self) -> None:
        # Whoever waits may be gone before the others are.
        if (task := self._refresh()) is not None:
            await asyncio.shield(task)

    def _refresh(self) -> asyncio.Task[None] | None:
        """Have the keys fetched. Returns what does that; None where they were asked for a moment ago."""
        task = self._fetching
        if task is None or task.done() or task.get_loop() is not asyncio.get_running_loop():
            # A client may make up key ids as it likes: they must not become requests to the issuer.
            if time.monotonic() - self._tried_at < PAUSE:
                return None
            self._tried_at = time.monotonic()
            task = self._fetching = asyncio.create_task(self._fetch(), name="hub-jwks")
        return task

    async def _fetch(self) -> None:
        try:
            self._keys = await asyncio.to_thread(fetch, self._address)
            self._fetched_at = time.monotonic()
        except Exception as error:
            logger.warning("the keys of tokens could not be fetched: %s", error, extra={"action": "jwks_failed"})


def fetch(address: str) -> dict[str, Key]:
    """Return the keys that an address offers, by `kid`. Those that nothing here can use are passed over.

    Raises:
        OSError: it does not answer.
        ValueError: it answers something else.
    """
    opener = build_opener(_NoRedirect)
    with opener.open(Request(address, headers={"Accept": "application/json"}), timeout=TIMEOUT) as response:
        body = response.read(MAX_SIZE + 1)
    if len(body) > MAX_SIZE:
        raise ValueError(f"expected a key set of up to {MAX_SIZE} bytes, got more")
    found = json.loads(body)
    if not isinstance(found, dict) or not isinstance(found.get("keys"), list):
        raise ValueError("expected a key set, an object with a list of keys")
    return {str(one.get("kid") or ""): key for one in found["keys"] if (key := _read(one)) is not None}


def _read(entry: Any) -> Key | None:
    # A set is public: a secret for HMAC in it would be everybody's.
    kind = entry.get("kty") if isinstance(entry, dict) else None
    if not isinstance(kind, str) or kind not in BY_KIND or entry.get("use", "sig") != "sig":
        return None
    algorithms = BY_KIND[kind]
    if entry.get("alg"):
        algorithms = tuple(one for one in algorithms if one == entry["alg"])
    try:
        return Key(PyJWK(entry, algorithms[0]).key, algorithms) if algorithms else None
    except (PyJWTError, ValueError, TypeError):
        return None
