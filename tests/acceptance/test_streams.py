"""`python -m clients.subscribe --stream` against a running hub: many streams over one connection, whatever dies."""

import json
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub.core.types import JSONObject
from tests.acceptance.conftest import kill
from tests.programs import Program, Subscriber, stopped
from tests.servers import HubServer, environment_of
from tests.visitors import Visitor

#: Posts a message for each line that it reads, and tells demo of it, and says so.
TELLER = """
import sys
from django.contrib.auth.models import User
from chat.models import Message, Room
from notifications.services import notify
room, demo = Room.objects.get(slug="lobby"), User.objects.get(username="demo")
print("ready", flush=True)
for line in map(str.strip, sys.stdin):
    Message.objects.create(room=room, body=line)
    notify(demo, title=line)
    print("saved", line, flush=True)
"""


@pytest.fixture
def teller(shaken_hub: HubServer) -> Iterator[Program]:
    """A shell that puts an event into both streams for each line."""
    command = (sys.executable, "manage.py", "shell", "--verbosity", "0", "--command", TELLER)
    with stopped(Program(*command, env=environment_of(shaken_hub.var))) as teller:
        teller.wait_for("ready")
        yield teller


@pytest.fixture
def demo(shaken_hub: HubServer) -> Visitor:
    return Visitor(shaken_hub.url).log_in("demo")


@pytest.fixture
def both(demo: Visitor) -> tuple[str, ...]:
    """The options for the lobby and demo's own inbox."""
    return ("--stream", "chat:lobby", "--stream", f"inbox#{demo.get('/api/v1/me/').json['id']}")


def told(subscriber: Subscriber, kind: str, beginning: str) -> list[str]:
    """Return the texts of its messages or notifications that begin so, in order."""
    texts = [_text(event) for event in subscriber.events if event["type"] == kind]
    return [text for text in texts if text.startswith(beginning)]


def _text(event: JSONObject) -> str:
    return str(event["data"].get("body") or event["data"].get("notification", {}).get("title", ""))


def is_told(kind: str, text: str) -> Callable[[JSONObject], bool]:
    return lambda event: event["type"] == kind and _text(event) == text


def wait_for_both(subscriber: Subscriber, text: str) -> None:
    for kind in ("message.created", "notification.created"):
        subscriber.wait_for_event(is_told(kind, text))


def test_both_streams_go_on_without_loss_or_repeat_when_servers_are_killed_and_restarted(
    shaken_hub: HubServer, teller: Program, demo: Visitor, both: tuple[str, ...]
) -> None:
    expected = [f"told {number}" for number in range(60)]
    with stopped(Subscriber(shaken_hub.url, "", demo.token(), *both)) as reader:
        reader.wait_for("connected to chat:lobby")
        reader.wait_for("connected to inbox#")
        for number, text in enumerate(expected):
            assert teller.ask(text) == f"saved {text}"
            if number in {15, 30}:
                kill(shaken_hub, "hub.server")
            if number == 45:
                wait_for_both(reader, text)
                for process in shaken_hub.processes_of("hub.server"):
                    process.terminate()
        wait_for_both(reader, expected[-1])
        for kind in ("message.created", "notification.created"):
            assert told(reader, kind, "told") == expected
        for stream in {event["stream"] for event in reader.events}:
            offsets = [event["offset"] for event in reader.events if event["stream"] == stream]
            assert offsets == list(range(offsets[0], offsets[0] + len(offsets)))
        assert "reconnecting from" in reader.output
        assert "gap" not in reader.output
        assert "may be missing" not in reader.output


def test_the_next_run_goes_on_by_its_file_with_what_happened_meanwhile(
    shaken_hub: HubServer, teller: Program, demo: Visitor, both: tuple[str, ...], tmp_path: Path
) -> None:
    options = (*both, "--positions", str(tmp_path / "seen.json"))
    with stopped(Subscriber(shaken_hub.url, "", demo.token(), *options)) as first:
        first.wait_for("connected to chat:lobby")
        first.wait_for("connected to inbox#")
        teller.ask("file 0")
        wait_for_both(first, "file 0")
        first.signal(signal.SIGTERM)
        assert first.wait() == 130
    teller.ask("file 1")
    with stopped(Subscriber(shaken_hub.url, "", demo.token(), *options)) as second:
        wait_for_both(second, "file 1")
        for kind in ("message.created", "notification.created"):
            assert told(second, kind, "file") == ["file 1"]


def test_it_gets_all_that_is_kept_of_each_stream(shaken_hub: HubServer, demo: Visitor, teller: Program) -> None:
    teller.ask("kept")
    head = demo.get("/api/v1/rooms/lobby/messages/").json["position"]["offset"]
    options = ("--stream", "chat:lobby", "--since", "0", "--count", str(head))
    with stopped(Subscriber(shaken_hub.url, "", demo.token(), *options)) as reader:
        assert reader.wait() == 0
    assert [json.loads(line).get("offset") for line in reader.lines] == list(range(1, head + 1))


def test_who_is_refused_is_told_why_and_ends_with_3(shaken_hub: HubServer, demo: Visitor) -> None:
    for stream, token, words in (
        ("chat:nowhere", demo.token(), "the server says to chat:nowhere: there is no room 'nowhere' (error 102)"),
        ("inbox#0", demo.token(), "(error 10"),
        ("chat:lobby", "x.y.z", "code 3500"),
    ):
        with stopped(Subscriber(shaken_hub.url, "", token, "--stream", stream)) as reader:
            assert reader.wait() == 3, reader.output
        assert words in reader.output
