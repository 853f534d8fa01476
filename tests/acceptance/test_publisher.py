"""`python -m clients.publish` against a running hub: one effect, however often and whatever dies between."""

import json
import subprocess
import sys
from collections.abc import Callable

import pytest

from hub.core.types import JSONObject
from tests.acceptance.conftest import kill
from tests.programs import PATIENCE
from tests.servers import ROOT, HubServer
from tests.visitors import Visitor

Publish = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def publish(lively_hub: HubServer) -> Publish:
    """Run the command: `publish("message", "lobby", "hi", HUBBUB_TOKEN=…)`."""
    return publisher_of(lively_hub)


def publisher_of(hub: HubServer) -> Publish:
    def publish(*arguments: str, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "clients.publish", *arguments],
            cwd=ROOT,
            env=hub.env | {"HUBBUB_URL": hub.url} | env,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    return publish


@pytest.fixture(scope="module")
def demo(lively_hub: HubServer) -> Visitor:
    return Visitor(lively_hub.url).log_in("demo")


def messages(visitor: Visitor) -> list[JSONObject]:
    """Return the newest messages of the lobby."""
    results: list[JSONObject] = visitor.get("/api/v1/rooms/lobby/messages/?limit=200").json["results"]
    return results


def test_a_message_is_posted_and_its_id_printed(publish: Publish, demo: Visitor) -> None:
    done = publish("message", "lobby", "published", HUBBUB_TOKEN=demo.token())
    assert (done.returncode, done.stderr) == (0, "")
    newest = messages(demo)[-1]
    assert (str(newest["id"]), newest["body"], newest["author"]["username"]) == (
        done.stdout.strip(),
        "published",
        "demo",
    )


def test_a_message_may_come_from_another_program(publish: Publish, demo: Visitor) -> None:
    done = publish("message", "lobby", "-", stdin="two\nlines ✓\n", HUBBUB_TOKEN=demo.token())
    assert done.returncode == 0
    assert messages(demo)[-1]["body"] == "two\nlines ✓"


def test_an_alert_is_published_with_an_api_key(publish: Publish, demo: Visitor, api_key: str) -> None:
    options = ("--body", "42 GB", "--kind", "backup", "--url", "/admin/", "--json")
    done = publish("alert", "demo", "Backup done", *options, HUBBUB_API_KEY=api_key)
    assert done.returncode == 0
    newest = demo.get("/api/v1/notifications/").json["results"][0]
    assert newest == json.loads(done.stdout)
    assert (newest["title"], newest["kind"], newest["url"]) == ("Backup done", "backup", "/admin/")


def test_a_key_makes_repeated_runs_one(publish: Publish, demo: Visitor, api_key: str) -> None:
    runs = [publish("alert", "demo", "Once", "--key", "once", HUBBUB_API_KEY=api_key) for _ in range(3)]
    assert [run.returncode for run in runs] == [0, 0, 0]
    assert len({run.stdout for run in runs}) == 1
    assert "published before" in runs[1].stderr
    titles = [row["title"] for row in demo.get("/api/v1/notifications/").json["results"]]
    assert titles.count("Once") == 1


@pytest.mark.parametrize(
    ("arguments", "env", "words"),
    [
        (("message", "nowhere", "hi"), {}, "there is no room 'nowhere' (HTTP 404, error 102)"),
        (("message", "lobby", " "), {}, "(HTTP 400, error 107)"),
        (("message", "lobby", "hi"), {"HUBBUB_TOKEN": "wrong"}, "(HTTP 401, error 101)"),
        (("message", "lobby", "hi"), {"HUBBUB_TOKEN": ""}, "no login was given"),
        (("alert", "guest", "hi"), {}, "(HTTP 403, error 103)"),
    ],
)
def test_what_the_hub_refuses_is_said_and_ends_with_3(
    publish: Publish, demo: Visitor, arguments: tuple[str, ...], env: dict[str, str], words: str
) -> None:
    done = publish(*arguments, **({"HUBBUB_TOKEN": demo.token()} | env))
    assert done.returncode == 3
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_message_published_while_no_server_runs_is_there_once(shaken_hub: HubServer) -> None:
    demo = Visitor(shaken_hub.url).log_in("demo")
    token = demo.token()
    kill(shaken_hub, "hub.server")
    done = publisher_of(shaken_hub)("message", "lobby", "whatever dies", "--retries", "50", HUBBUB_TOKEN=token)
    assert done.returncode == 0, done.stderr
    assert [message["body"] for message in messages(demo)].count("whatever dies") == 1
