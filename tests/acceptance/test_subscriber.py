"""`python -m clients.subscribe` against a running hub: in order, nothing lost, nothing twice, whatever dies between."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from hub.core.types import JSONObject
from tests.acceptance.conftest import kill
from tests.programs import Program, Subscriber, stopped
from tests.servers import HubServer, environment_of
from tests.visitors import Visitor

LOBBY = "/ws/chat/lobby/"

#: Saves a message for each line that it reads, and says so.
POSTER = """
import sys
from chat.models import Message, Room
room = Room.objects.get(slug="lobby")
print("ready", flush=True)
for line in sys.stdin:
    print("saved", Message.objects.create(room=room, body=line.strip()).body, flush=True)
"""


@pytest.fixture
def poster(shaken_hub: HubServer) -> Iterator[Program]:
    """A shell that saves messages as it is told to."""
    command = (sys.executable, "manage.py", "shell", "--verbosity", "0", "--command", POSTER)
    with stopped(Program(*command, env=environment_of(shaken_hub.var))) as poster:
        poster.wait_for("ready")
        yield poster


@pytest.fixture
def token(shaken_hub: HubServer) -> str:
    return Visitor(shaken_hub.url).log_in("demo").token()


def says(text: str) -> Callable[[JSONObject], bool]:
    """Return what recognises the event of a message."""
    return lambda event: event["data"].get("body") == text


def bodies(subscriber: Subscriber, beginning: str) -> list[str]:
    """Return the texts it has got that begin so, in order."""
    texts = [str(event["data"].get("body")) for event in subscriber.events]
    return [text for text in texts if text.startswith(beginning)]


def test_it_goes_on_without_loss_or_repeat_when_servers_and_redis_are_killed(
    shaken_hub: HubServer, poster: Program, token: str
) -> None:
    expected = [f"event {number}" for number in range(300)]
    with ExitStack() as running:
        readers = [running.enter_context(stopped(Subscriber(shaken_hub.url, LOBBY, token))) for _ in range(3)]
        for reader in readers:
            reader.wait_until_connected()
        for number, text in enumerate(expected):
            assert poster.ask(text) == f"saved {text}"
            if number in {60, 140}:
                kill(shaken_hub, "hub.server")
            if number in {100, 141}:
                kill(shaken_hub, "redis-server")
            if number == 200:
                for reader in readers:
                    reader.wait_for_event(says(text))
                # One that is stopped in order sends its readers back itself.
                shaken_hub.processes_of("hub.server")[0].terminate()
        for reader in readers:
            reader.wait_for_event(says(expected[-1]))
            assert bodies(reader, "event") == expected
            offsets = [event["offset"] for event in reader.events]
            assert offsets == list(range(offsets[0], offsets[0] + len(offsets)))
            assert "reconnecting from offset" in reader.output
            assert "gap" not in reader.output
            assert "may be missing" not in reader.output


def test_it_gets_what_is_saved_while_redis_is_away_and_stays_connected(
    shaken_hub: HubServer, poster: Program, token: str
) -> None:
    with stopped(Subscriber(shaken_hub.url, LOBBY, token)) as reader:
        reader.wait_until_connected()
        for number in range(20):
            if number in {5, 10}:
                kill(shaken_hub, "redis-server")
            poster.ask(f"without {number}")
        reader.wait_for_event(says("without 19"))
        assert bodies(reader, "without") == [f"without {number}" for number in range(20)]
        assert reader.output.count("connected to") == 1


def test_it_goes_on_where_it_ended_when_it_is_killed_itself(shaken_hub: HubServer, poster: Program, token: str) -> None:
    with stopped(Subscriber(shaken_hub.url, LOBBY, token)) as first:
        first.wait_until_connected()
        poster.ask("own 0")
        first.wait_for_event(says("own 0"))
        first.signal(signal.SIGTERM)
        assert first.wait() == 130
    position = first.wait_for(r"to go on from here: (--since \d+ --epoch \S+)")[1].split()
    poster.ask("own 1")
    poster.ask("own 2")
    with stopped(Subscriber(shaken_hub.url, LOBBY, token, *position, "--count", "2")) as second:
        assert second.wait() == 0
    assert bodies(second, "own") == ["own 1", "own 2"]


def test_it_gets_all_that_is_kept_from_offset_zero(shaken_hub: HubServer, token: str) -> None:
    head = Visitor(shaken_hub.url).log_in("demo").get("/api/v1/rooms/lobby/messages/").json["position"]["offset"]
    with stopped(Subscriber(shaken_hub.url, LOBBY, token, "--since", "0", "--count", str(head))) as subscriber:
        assert subscriber.wait() == 0
    assert [event["offset"] for event in subscriber.events] == list(range(1, head + 1))


def test_it_says_that_events_may_be_missing_when_its_position_is_of_another_life(
    shaken_hub: HubServer, token: str
) -> None:
    options = ("--since", "1", "--epoch", "another", "--timeout", "5")
    with stopped(Subscriber(shaken_hub.url, LOBBY, token, *options)) as subscriber:
        subscriber.wait_for("events may be missing: the server cannot go on from offset 1 \\(epoch another\\)")


def test_who_is_refused_is_told_why_and_ends_with_3(shaken_hub: HubServer, token: str) -> None:
    for path, used, words in (
        (LOBBY, "wrong", "HTTP 403"),
        ("/ws/nothing/", token, "HTTP 403"),
        ("/ws/chat/nowhere/", token, "there is no room 'nowhere'"),
        (f"{LOBBY}?x=1", "x.y.z", "HTTP 403"),
    ):
        with stopped(Subscriber(shaken_hub.url, path, used)) as subscriber:
            assert subscriber.wait() == 3, subscriber.output
        assert words in subscriber.output
