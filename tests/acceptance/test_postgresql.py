"""A whole hub on a real PostgreSQL: it works there, and outlives a restart of the database under its connections."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from hub.core.types import JSONObject
from tests import servers
from tests.postgresql import PostgreSQL, running_postgresql
from tests.servers import ROOT, HubServer, environment_of, manage, wait_until
from tests.sockets import Closed, Socket, opened
from tests.visitors import Answer, Visitor

#: What is run on PostgreSQL a second time: the log, what reads and writes by it, and what the applications write.
#: All of `tests/integration` passes there too, and takes minutes: set TEST_DATABASE_URL.
AGAIN = (
    *(f"tests/integration/hub/test_{name}.py" for name in ("log", "publish", "transactions", "postgresql", "database")),
    "tests/integration/hub/dispatch/test_dispatcher.py",
    "tests/integration/hub/dispatch/test_dispatcher_lives.py",
    *(
        f"tests/integration/{app}/test_{name}.py"
        for app in ("chat", "notifications")
        for name in ("services", "signals", "tasks", "selectors", "replay")
    ),
)
#: Seconds within which writers succeed again after the database is back.
RECOVERY = 20.0


@pytest.fixture(scope="module")
def postgresql() -> Iterator[PostgreSQL]:
    """A PostgreSQL for the tests of this file."""
    with running_postgresql() as server:
        yield server


@pytest.fixture(scope="module")
def hub(postgresql: PostgreSQL) -> Iterator[HubServer]:
    """A whole hub on it, with the demo data."""
    with servers.temporary_var() as var:
        env = environment_of(var, DATABASE_URL=postgresql.url)
        for command in (("migrate", "--no-input"), ("demo",)):
            done = manage(env, *command)
            assert done.returncode == 0, done.stdout + done.stderr
        assert not (var / "hubbub.sqlite3").exists()
        server = HubServer(var, env=env)
        try:
            assert server.url
            yield server
        finally:
            server.end()


@pytest.fixture(scope="module")
def demo(hub: HubServer) -> Visitor:
    """The user demo, logged in."""
    return Visitor(hub.url).log_in("demo")


def say(visitor: Visitor, body: str) -> Answer:
    """Post into the lobby over REST, with the text as key."""
    return visitor.call("POST", "/api/v1/rooms/lobby/messages/", {"body": body, "key": body})


def said(event: JSONObject) -> Any:
    return event.get("data", {}).get("body")


def test_the_health_of_a_hub_on_postgresql_is_good(hub: HubServer) -> None:
    answer = Visitor(hub.url).get("/health")
    assert (answer.status, answer.json["parts"]["database"]) == (200, "ok")


def test_a_message_reaches_its_readers_in_every_process(hub: HubServer, demo: Visitor) -> None:
    token = demo.token()
    with opened(hub.url, "/ws/chat/lobby/", token) as first, opened(hub.url, "/ws/chat/lobby/", token) as second:
        first.hello()
        second.hello()
        assert say(demo, "hello").status == 201
        assert say(demo, "hello").status == 200
        for socket in (first, second):
            assert socket.receive_until(lambda event: said(event) == "hello")


def test_the_worker_uses_postgresql_too(hub: HubServer, demo: Visitor) -> None:
    with opened(hub.url, "/ws/notifications/", demo.token()) as socket:
        socket.hello()
        task = 'from notifications.tasks import notify; notify.delay("demo", title="by the worker")'
        done = hub.manage("shell", "--verbosity", "0", "--command", task)
        assert done.returncode == 0, done.stderr
        event = socket.receive_until(lambda event: event.get("type") == "notification.created")
        assert event["data"]["notification"]["title"] == "by the worker"


def test_a_restart_of_the_database_costs_no_reader_its_connection(
    postgresql: PostgreSQL, hub: HubServer, demo: Visitor
) -> None:
    token = demo.token()
    with opened(hub.url, "/ws/chat/lobby/", token) as socket, opened(hub.url, "/ws/chat/lobby/", token) as writer:
        at = socket.hello()["offset"]
        writer.hello()
        assert say(demo, "before").status == 201
        with postgresql.down():
            refused = say(demo, "meanwhile")
            assert refused.status == 503
            assert refused.json["error"]["code"] == 100
            assert refused.headers["Retry-After"] == "1"
            reply = writer.command("message.post", body="meanwhile", key="meanwhile")
            assert reply["error"] == {"code": 100, "message": reply["error"]["message"], "temporary": True}
            assert "try again" in reply["error"]["message"]
            assert Visitor(hub.url).get("/health").status == 503
            newcomer = Socket(hub.url, "/ws/chat/lobby/", {"Authorization": f"Bearer {token}"})
            assert newcomer.receive()["error"]["code"] == 100
            # It is to come back (3000 to 3499), since nothing is wrong with it.
            assert newcomer.close_code() == 3004

        wait_until(lambda: say(demo, "after").status in (200, 201), "a post that succeeds", seconds=RECOVERY)
        assert writer.command("message.post", body="at last")["result"]["body"] == "at last"
        # On the same connection, everything, once and in order.
        socket.receive_until(lambda event: said(event) == "at last")
        events = [event for event in socket.events if "offset" in event]
        assert [event["offset"] for event in events] == list(range(at + 1, at + 1 + len(events)))
        assert [said(event) for event in events] == ["before", "after", "at last"]
        assert Visitor(hub.url).get("/health").status == 200


def test_who_is_cut_off_in_a_restart_goes_on_where_it_was(
    postgresql: PostgreSQL, hub: HubServer, demo: Visitor
) -> None:
    token = demo.token()
    with opened(hub.url, "/ws/chat/lobby/", token) as socket:
        place = socket.hello()
    assert say(demo, "missed").status == 201
    with postgresql.down():
        pass
    path = f"/ws/chat/lobby/?since={place['offset']}&epoch={place['epoch']}"

    def resumed() -> bool:
        with suppress(Closed), opened(hub.url, path, token) as again:
            message = again.receive()
            if "hello" in message:
                assert message["hello"]["recovered"]
                assert said(again.receive()) == "missed"
                return True
        return False

    wait_until(resumed, "a resumed reader", seconds=RECOVERY)


@pytest.mark.timeout(400)
def test_the_engine_and_the_applications_pass_their_tests_on_postgresql(postgresql: PostgreSQL, tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("HUBBUB_")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--basetemp={tmp_path}/base", *AGAIN]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=env | {"TEST_DATABASE_URL": postgresql.url},
        capture_output=True,
        text=True,
        timeout=390,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"[1-9]\d{2,} passed", done.stdout)
