"""Coming back after much was missed: all of it, in order, in frames that every client takes; then the live ones."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import websocket
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from chat.models import Room
from chat.services import message_post
from hub.core.types import JSONObject
from hub.database import in_database
from hub.models import Event, Stream
from notifications.services import notify
from tests.integration.hub.resume_writer import LIVE, text
from tests.integration.sockets import connected
from tests.programs import Program, Server, stopped
from tests.servers import manage
from tests.sockets import opened

#: Largest frame that every client has to take, in bytes.
LARGEST = 1_048_576
#: Sizes of data that make pages of every kind: small ones, some that fill a page alone, and two that together pass
#: the largest frame.
LARGE = (10, 120_000, 500_000, 524_000, 0, 300_000, 40)


@contextmanager
def writer(server: Server, slug: str, count: int, sizes: tuple[int, ...]) -> Iterator[Program]:
    """Make a room with so many events, and give the process that will publish more of them."""
    code = f"from chat.models import Room; Room.objects.create(slug={slug!r}, title={slug!r})"
    assert manage(server.env, "shell", "-c", code).returncode == 0
    command = (sys.executable, "-m", "tests.integration.hub.resume_writer", f"chat:{slug}", str(count))
    with stopped(Program(*command, ",".join(map(str, sizes)), env=server.env)) as program:
        program.wait_for("written")
        yield program


@pytest.mark.parametrize(
    ("slug", "count", "sizes"), [("many", 10_000, (0,)), ("large", 21, LARGE)], ids=["10,000 events", "large events"]
)
def test_what_was_missed_comes_complete_and_in_order_with_what_is_published_meanwhile(
    server: Server, demo_token: str, slug: str, count: int, sizes: tuple[int, ...]
) -> None:
    with writer(server, slug, count, sizes) as publishing:
        with opened(server.url, f"/ws/chat/{slug}/?since=0", demo_token) as before:
            epoch = before.hello()["epoch"]
            assert before.receive()["data"]["n"] == 1
        with opened(server.url, f"/ws/chat/{slug}/?since=1&epoch={epoch}", demo_token) as socket:
            assert socket.hello() == hello_of(f"chat:{slug}", epoch)
            offset = 1
            while offset < count + LIVE:
                frame = next_frame(socket.raw)
                event = json.loads(frame)
                offset += 1
                assert (event["offset"], event["data"]["n"]) == (offset, offset)
                assert event["data"]["text"] == text(sizes[offset % len(sizes)])
                assert len(frame) <= LARGEST
                if offset == 2:
                    # From here on the past and the present are on their way together.
                    publishing.ask("go")


def hello_of(stream: str, epoch: str) -> JSONObject:
    """Return what the hello of a reader that goes on after the first event holds."""
    return {"stream": stream, "epoch": epoch, "offset": 1, "recovered": True, "user": "demo"}


def next_frame(raw: websocket.WebSocket) -> bytes:
    """Return the next frame of the log; what tells who comes and goes is passed over."""
    while True:
        _, frame = raw.recv_data_frame()
        if b'"offset":' in frame.data[:40]:
            return bytes(frame.data)


def trim(stream: str) -> int:
    """Keep no event of a stream; return how far it goes."""
    row = Stream.objects.get(name=stream)
    Event.objects.filter(stream=row).delete()
    Stream.objects.filter(pk=row.pk).update(floor=row.head)
    return row.head


def tell(user: User, room: Room) -> None:
    """Put something into the room, and into the user's inbox."""
    message_post(user, room, "hi")
    notify(user, title="hi")


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("process")
@pytest.mark.parametrize("kind", ["room", "inbox"])
async def test_who_missed_what_is_no_longer_kept_goes_on_from_a_snapshot(
    ann: User, lobby: Room, client_of: Callable[[User], APIClient], kind: str
) -> None:
    stream, path, snapshot = {
        "room": ("chat:lobby", "/ws/chat/lobby/", "/api/v1/rooms/lobby/messages/"),
        "inbox": (f"inbox#{ann.pk}", "/ws/notifications/", "/api/v1/notifications/"),
    }[kind]
    for _ in range(3):
        await in_database(tell, ann, lobby)
    head = await in_database(trim, stream)
    async with connected(f"{path}?since=1", ann) as socket:
        hello = (await socket.receive())["hello"]
        assert (hello["recovered"], hello["offset"]) == (False, head)
    page = await in_database(lambda: client_of(ann).get(snapshot).json())
    assert len(page["results"]) == 3
    position = page["position"]
    assert position == {"epoch": hello["epoch"], "offset": head}
    # The snapshot's position is one to go on from, also by somebody who comes back only after the next events.
    await in_database(tell, ann, lobby)
    async with connected(f"{path}?since={position['offset']}&epoch={position['epoch']}", ann) as socket:
        assert (await socket.receive())["hello"]["recovered"] is True
        assert (await socket.receive())["offset"] == head + 1
