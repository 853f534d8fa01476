"""The worked transcript of the protocol (section 11), byte by byte, over a real server."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from hub.core.types import JSONObject
from tests import servers
from tests.integration.hub.wire import CLOSE, TEXT, Wire, frame
from tests.programs import Server

# Run by `manage.py shell` beside the server: any process may publish.
PUBLISH = """
from hub.publish import publish
for text in {texts!r}:
    place = publish({stream!r}, 'message', {{'t': text}})
print(place.epoch, place.offset)
"""


def publish(server: Server, stream: str, *texts: str) -> tuple[str, int]:
    """Publish to a stream, as another process. Returns its epoch, and the offset of the last event."""
    done = servers.manage(server.env, "shell", "--verbosity", "0", "-c", PUBLISH.format(stream=stream, texts=texts))
    assert done.returncode == 0, done.stderr
    epoch, offset = done.stdout.split()
    return epoch, int(offset)


class Talk:
    """A raw connection to `/connection/websocket`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def say(self, *lines: str) -> None:
        """Send lines in one frame."""
        self._wire.send(frame(TEXT, "\n".join(lines).encode()))

    def hear(self) -> str:
        """Return the next message; those that tell who comes and goes are passed over."""
        while b'"tags":{"type":"presence.' in (got := self._wire.frame())[1]:
            pass
        assert got[0] == TEXT, got
        return got[1].decode()

    def closed(self) -> tuple[int, str]:
        """Return code and reason with which the server ends the connection."""
        while (got := self._wire.frame())[0] != CLOSE:
            pass
        return int.from_bytes(got[1][:2], "big"), got[1][2:].decode()


@pytest.fixture
def talk(server: Server) -> Iterator[Talk]:
    """A connection on which nothing was said."""
    with Wire(server).open("/connection/websocket") as wire:
        yield Talk(wire)


def without_time(message: str) -> str:
    """Return a message without when its events were published."""
    return re.sub(r',"time":\d+', "", message)


@pytest.fixture
def missed(server: Server) -> tuple[str, int]:
    """The epoch of the lobby, and the offset of the last of three events that are there."""
    return publish(server, "chat:lobby", "before", "hi", "yo")


# A client has ten seconds to connect, so what takes a process of its own comes before it.
def test_the_transcript(server: Server, missed: tuple[str, int], talk: Talk, demo_token: str) -> None:
    stream = "chat:lobby"
    epoch, offset = missed
    position: JSONObject = {"recover": True, "epoch": epoch, "offset": offset - 2}
    talk.say(
        json.dumps({"id": 1, "connect": {"token": demo_token, "name": "js"}}),
        json.dumps({"id": 2, "subscribe": {"channel": stream, "flag": 1, **position}}),
    )
    connect: Any = json.loads(talk.hear())
    assert connect["id"] == 1 and connect["connect"]["ping"] == 25 and connect["connect"]["pong"] is True
    told = f'[{{"data":{{"t":"hi"}},"offset":{offset - 1}}},{{"data":{{"t":"yo"}},"offset":{offset}}}]'
    assert without_time(talk.hear()) == (
        f'{{"id":2,"subscribe":{{"recoverable":true,"epoch":"{epoch}","publications":{told},"recovered":true,'
        f'"offset":{offset - 2},"positioned":true,"was_recovering":true}}}}'
    )
    publish(server, stream, "live")
    live = f'{{"push":{{"channel":"{stream}","pub":{{"data":{{"t":"live"}},"offset":{offset + 1}}}}}}}'
    assert without_time(talk.hear()) == live
    talk.say("{}")
    talk.say('{"id":3,"rpc":{"method":"message.post","data":{"stream":"chat:lobby","body":"mine"}}}')
    reply, push = sorted((talk.hear(), talk.hear()), key=lambda text: "push" in text)
    assert json.loads(reply)["rpc"]["data"]["body"] == "mine"
    assert json.loads(push)["push"]["pub"]["offset"] == offset + 2
    talk.say('{"id":4,"unsubscribe":{"channel":"chat:lobby"}}')
    assert talk.hear() == '{"id":4,"unsubscribe":{}}'


@pytest.mark.parametrize(
    ("said", "code", "reason"),
    [
        ('{"id":1,"connect":{"token":"nonsense"}}', 3500, "invalid token"),
        ('{"id":1,"connect":{}}', 3501, "bad request"),
        ('{"id":1,"subscribe":{"channel":"chat:lobby"}}', 3501, "bad request"),
        ("{}", 3501, "bad request"),
        ("{" * 100, 3501, None),
        (" " * 70_000 + "{}", 1009, None),
    ],
)
def test_each_end_has_its_code_and_its_words(talk: Talk, said: str, code: int, reason: str | None) -> None:
    talk.say(said)
    ended = talk.closed()
    assert ended[0] == code
    assert reason is None or ended[1] == reason
