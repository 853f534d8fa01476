"""What one server process does to the sessions of another one, over real connections to real servers."""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from hub.core.types import JSONObject
from tests import servers
from tests.integration.hub.conftest import start_server
from tests.integration.hub.sessions.streams import Stream, connecting, push_of
from tests.programs import Server, stopped
from tests.visitors import Visitor

LOBBY = "chat:lobby"
#: Prints the id of the user whose token it is.
USER = "from django.contrib.auth.models import User; print(User.objects.get(username='demo').pk)"


class Site(NamedTuple):
    """Two server processes of one hub, what a client and a program prove themselves with, and its Redis."""

    one: Server
    other: Server
    token: str
    key: str
    user: str
    redis: int


@pytest.fixture(scope="module")
def site(prepared_var: Path) -> Iterator[Site]:
    """Two server processes with the demo's data."""
    with servers.temporary_var() as var, ExitStack() as running:
        shutil.copytree(prepared_var, var, dirs_exist_ok=True)
        redis = running.enter_context(servers.running_redis(var / "redis" / "redis.sock"))
        one, other = (running.enter_context(stopped(start_server(var))) for _ in range(2))
        token = servers.manage(one.env, "token", "demo").stdout.strip()
        key = servers.manage(one.env, "apikey", "program", "--user", "demo", "--scope", "server").stdout.strip()
        user = servers.manage(one.env, "shell", "-c", USER).stdout.split()[-1]
        yield Site(one, other, token, key, user, redis.pid)


def call(site: Site, method: str, **params: object) -> JSONObject:
    """Call the server API at the other process, than that which has the sessions."""
    answer = Visitor(site.other.url).call("POST", f"/api/{method}", params, **{"X-API-Key": site.key})
    assert answer.status == 200, answer.body
    found: JSONObject = answer.json
    return found


@contextmanager
def connected(site: Site) -> Iterator[tuple[Stream, JSONObject]]:
    """Have a session at one process, which reads the lobby; give it, and what it was told when it connected."""
    with Stream(site.one, "/connection/http_stream", connecting(site.token, LOBBY)) as stream:
        told = stream.reply(1)["connect"]
        assert "subscribe" in stream.reply(2)
        yield stream, told


def test_a_session_of_another_process_is_ended_and_told_why(site: Site) -> None:
    with connected(site) as (stays, staying), connected(site) as (goes, _):
        disconnect = {"code": 4001, "reason": "enough"}
        assert call(site, "disconnect", user=site.user, whitelist=[staying["client"]], disconnect=disconnect) == {
            "result": {}
        }
        assert goes.disconnect_code() == 4001
        # What is said to the other afterwards comes.
        assert "result" in call(site, "publish", channel=LOBBY, data="still here")
        assert stays.next_with("still here")


def test_a_subscription_of_another_process_is_ended(site: Site) -> None:
    with connected(site) as (stream, told):
        assert call(site, "unsubscribe", user="", client=told["client"], channel=LOBBY) == {"result": {}}
        push = push_of(stream.next_with("unsubscribe"))
        assert (push["channel"], push["unsubscribe"]["code"]) == (LOBBY, 2000)


def test_nobody_is_touched_by_what_is_done_to_somebody_else(site: Site) -> None:
    with connected(site) as (stream, told):
        for whom in ({"user": "nobody"}, {"user": "nobody", "client": told["client"]}, {"session": "none"}):
            assert call(site, "disconnect", **whom) == {"result": {}}
        assert "result" in call(site, "publish", channel=LOBBY, data="not me")
        assert stream.next_with("not me")


def test_without_redis_whoever_asks_learns_that_nobody_was_told(site: Site) -> None:
    os.kill(site.redis, signal.SIGSTOP)
    try:
        answer = call(site, "disconnect", user="1")
    finally:
        os.kill(site.redis, signal.SIGCONT)
    assert answer["error"]["code"] == 100
    # And is heard again when it is back.
    deadline = time.monotonic() + 60
    while call(site, "disconnect", user="nobody") != {"result": {}}:
        assert time.monotonic() < deadline
        time.sleep(0.1)
