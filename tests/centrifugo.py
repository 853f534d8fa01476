"""A hub in the place of a Centrifugo: another backend signs its tokens, and its namespaces are declared in settings."""

import hashlib
import json
import time
from collections.abc import Iterable
from pathlib import Path
from urllib.request import ProxyHandler, Request, build_opener

import jwt

from hub.core.types import JSONObject, JSONValue
from tests.programs import PATIENCE
from tests.servers import environment_of

SECRET = "a secret of the other backend, of forty bytes"
API_KEY = "a key of the other backend"

_OPEN = {
    "history_size": 1000,
    "history_ttl": "1h",
    "presence": True,
    "join_leave": True,
    "force_positioning": True,
    "force_recovery": True,
    "allow_publish_for_subscriber": True,
    "allow_history_for_subscriber": True,
    "allow_presence_for_subscriber": True,
}
NAMESPACES = [
    {"name": "room", "allow_subscribe_for_client": True, **_OPEN},
    # Only with a token of the subscription.
    {"name": "closed", **_OPEN},
    {"name": "patches", "allow_subscribe_for_client": True, "allowed_delta_types": ["fossil"], **_OPEN},
    {"name": "cursor", "allow_subscribe_for_client": True, "allow_publish_for_subscriber": True},
]


def environment(var: Path, **more: str) -> dict[str, str]:
    """Return the environment of such a hub with its state in `var`."""
    settings = {
        "HUBBUB_TOKEN_HMAC_SECRET_KEY": SECRET,
        "HUBBUB_HTTP_API_KEY": API_KEY,
        "HUBBUB_GUESTS": "on",
        "HUBBUB_NAMESPACES": json.dumps(NAMESPACES),
    }
    return environment_of(var, **settings, **more)


def token(user: str, *, lasts: float | None = None, **claims: JSONValue) -> str:
    """Return a token as the other backend signs it.

    Arguments:
        user: the id of whom it is for.
        lasts: in how many seconds it expires; None: never.
        claims: more of them; with `channel` it is a subscription token.
    """
    expires = {} if lasts is None else {"exp": int(time.time() + lasts)}
    return jwt.encode({"sub": user, **expires, **claims}, SECRET, algorithm="HS256")


class ServerApi:
    """What the other backend asks of the hub.

    Arguments:
        site: the hub's address.
    """

    def __init__(self, site: str) -> None:
        self._site = site
        self._opener = build_opener(ProxyHandler({}))

    def call(self, method: str, **params: JSONValue) -> JSONObject:
        """Call a method of the server API; return its result. An attempt that is not answered is made again."""
        headers = {"X-API-Key": API_KEY, "Content-Type": "application/json"}
        request = Request(f"{self._site}/api/{method}", json.dumps(params).encode(), headers)
        give_up_at = time.monotonic() + PATIENCE
        while True:
            try:
                with self._opener.open(request, timeout=PATIENCE) as response:
                    answer: JSONObject = json.load(response)
                break
            except OSError:
                # A server that was just killed.
                if time.monotonic() > give_up_at:
                    raise
                time.sleep(0.05)
        assert "error" not in answer, answer
        # That of `batch` has no envelope.
        result: JSONObject = answer.get("result", answer)
        return result

    def publish(self, channel: str, data: JSONValue, **params: JSONValue) -> JSONObject:
        """Publish once, however many attempts that takes."""
        return self.call("publish", channel=channel, data=data, idempotency_key=_key(channel, data), **params)

    def publish_many(self, channel: str, values: Iterable[JSONValue]) -> None:
        """Publish one value after the other, in one request."""
        commands = [{"publish": {"channel": channel, "data": value}} for value in values]
        assert all("error" not in reply for reply in self.call("batch", commands=commands)["replies"])


def _key(channel: str, data: JSONValue) -> str:
    return hashlib.sha256(f"{channel} {json.dumps(data)}".encode()).hexdigest()
