"""Two versions side by side: a newer one says more than the older one knows, and they serve the same clients."""

import asyncio
import json
import os
import shutil
import signal
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clients.load.link import Link, LinkClosed, open_link, request
from tests.chaos.scene import PATIENCE, Scene, Unhealed
from tests.servers import ROOT, temporary_var

#: What a server process is made of.
FOLDERS, FILES = ("hub", "chat", "notifications", "examples"), ("asgi.py", "routing.py")
#: The newer version: file, what stands there, and what stands there then.
CHANGES = (
    # Announcements: more fields, more about each event, now and then a newer version, and another kind of message.
    ("hub/core/events.py", '"stream": announcement.stream,', '"stream": announcement.stream, "trace": "newer",'),
    (
        "hub/core/events.py",
        "event.data, *([event.meta] if event.meta else [])]",
        'event.data, event.meta, {"trace": "newer"}]',
    ),
    (
        "hub/core/events.py",
        '"type": ANNOUNCEMENT_TYPE,\n        "v": LAYER_VERSION',
        '"type": ANNOUNCEMENT_TYPE,\n        "v": LAYER_VERSION + (announcement.head % 10 == 3)',
    ),
    ("hub/core/events.py", 'message.get("v") != LAYER_VERSION', 'message.get("v") not in (1, 2)'),
    ("hub/announce.py", '"mark": mark}', '"mark": mark, "trace": "newer"}'),
    (
        "hub/announce.py",
        "        return _group_send((one.stream, encode",
        '        _group_send((one.stream, {"type": "hub.newer", "v": 1, "says": [1, {}]}) for one in told)\n'
        "        return _group_send((one.stream, encode",
    ),
    ("hub/core/rights.py", '"v": LAYER_VERSION', '"trace": "newer", "v": LAYER_VERSION'),
    # An event of a type that the older one has never heard of, with each message.
    (
        "chat/signals.py",
        "[event(row)])",
        '[event(row), *([Draft("message.shone", {"id": row.pk})] if change == "created" else [])])',
    ),
    # Presence, users and the hello: more fields.
    ("hub/presence/telling.py", '{"user": user,', '{"mood": "new", "user": user,'),
    ("chat/events.py", '{"id": user.pk,', '{"pronouns": "they", "id": user.pk,'),
    ("hub/core/codecs/plain.py", '"recovered": recovered,', '"recovered": recovered, "version": "newer",'),
)

# Python runs it as it starts: a server process that begins while the mark is there is of the newer version.
_START = """
import os, sys
if "hub.server" in sys.orig_argv and "HUBBUB_NEWER" not in os.environ and os.path.exists({mark!r}):
    os.environ["HUBBUB_NEWER"] = "1"
    os.chdir({tree!r})
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
"""

#: Connections and posts in each state, at most: until both versions have had some.
LINKS, POSTS = 90, 200
#: Seconds for which versions serve side by side, beyond what is asked of them.
SIDE_BY_SIDE = 4.0


@contextmanager
def both() -> Iterator[dict[str, str]]:
    """Give the environment of a hub whose server processes begin in either version, until the block ends."""
    with temporary_var() as directory:
        tree, mark = directory / "newer", directory / "mark"
        _make_newer(tree)
        (directory / "sitecustomize.py").write_text(_START.format(mark=str(mark), tree=str(tree)))
        path = os.pathsep.join([str(directory), *filter(None, [os.environ.get("PYTHONPATH")])])
        yield {"PYTHONPATH": path, "HUBBUB_NEWER_MARK": str(mark)}


def _make_newer(tree: Path) -> None:
    tree.mkdir()
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, tree / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in FILES:
        shutil.copy(ROOT / file, tree / file)
    (tree / "web").symlink_to(ROOT / "web")
    for name, before, after in CHANGES:
        text = (tree / name).read_text()
        if before not in text:
            raise AssertionError(f"expected {before!r} in {name}: the newer version has to be made otherwise")
        (tree / name).write_text(text.replace(before, after))


async def upgrade(scene: Scene) -> str:
    """Bring up the newer version process by process, then go back by one, and look at what clients get on the way.

    Raises:
        Unhealed: a socket ended, or a client did not get every event.
    """
    mark, said = Path(scene.hub.env["HUBBUB_NEWER_MARK"]), []
    first, second, third = scene.web()
    await asyncio.to_thread(mark.touch)
    await scene.replace([first], signal.SIGTERM)
    said.append(await _serve_both(scene, "one newer"))
    await scene.replace([second], signal.SIGTERM)
    await scene.replace([third], signal.SIGTERM)
    await asyncio.to_thread(mark.unlink)
    await scene.replace([scene.web()[0]], signal.SIGTERM)
    said.append(await _serve_both(scene, "one back"))
    return "; ".join(said)


async def _serve_both(scene: Scene, state: str) -> str:
    """Read a room over both versions, and post by both."""
    slug = f"both-{uuid.uuid4().hex[:8]}"
    status, answer = await request(scene.server(), "POST", "/api/v1/rooms/", {"slug": slug, "title": "Both"})
    if status != 201:
        raise Unhealed(f"{state}: expected a room, got HTTP {status}: {answer}")
    readers = await _readers(scene, slug, state)
    try:
        made = await _post(scene, slug, readers, state)
        await asyncio.sleep(SIDE_BY_SIDE)
        await _all_have(readers, made, state)
    finally:
        for reader in readers:
            reader.close()
    newer = sum(reader.is_newer for reader in readers)
    return (
        f"{state}: {len(readers) - newer} readers by the older, {newer} by the newer, "
        f"each got {made['message.created']} messages and the {made['message.shone']} events of the newer"
    )


async def _readers(scene: Scene, slug: str, state: str) -> list["_Reader"]:
    readers: list[_Reader] = []
    while len({reader.is_newer for reader in readers}) < 2 or len(readers) < 10:
        if len(readers) == LINKS:
            raise Unhealed(f"{state}: expected both versions to serve, {LINKS} connections came to one")
        readers.append(await _Reader.open(await open_link(scene.server(), f"/ws/chat/{slug}/?since=0")))
    return readers


async def _post(scene: Scene, slug: str, readers: list["_Reader"], state: str) -> Counter[str]:
    """Post until both versions have taken some. Returns how many events of each type that makes."""
    path, made = f"/api/v1/rooms/{slug}/messages/", 0
    while True:
        status, answer = await request(scene.server(), "POST", path, {"body": f"post {made}", "key": f"key-{made}"})
        if status != 201:
            raise Unhealed(f"{state}: expected a post to be taken, got HTTP {status}: {answer}")
        made += 1
        if made % 20 == 0:
            # What the log holds is what was made, whoever tells of it.
            seen = await _seen_by(readers[0], made, state)
            if 0 < seen["message.shone"] < made:
                return seen
            if made >= POSTS:
                raise Unhealed(f"{state}: expected both versions to take posts, {seen['message.shone']} of {made}")


async def _seen_by(reader: "_Reader", made: int, state: str) -> Counter[str]:
    async with asyncio.timeout(PATIENCE):
        while reader.seen["message.created"] < made and reader.code is None:
            await asyncio.sleep(0.1)
    # The newer one's own event comes right behind its message.
    await asyncio.sleep(1)
    if reader.code is not None:
        raise Unhealed(f"{state}: a socket ended by {reader.code}")
    return reader.seen.copy()


async def _all_have(readers: list["_Reader"], made: Counter[str], state: str) -> None:
    wanted = {name: made[name] for name in ("message.created", "message.shone")}
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while wrong := [reader for reader in readers if any(reader.seen[name] != wanted[name] for name in wanted)]:
        if asyncio.get_running_loop().time() > deadline:
            raise Unhealed(f"{state}: expected {wanted} for each reader, got {wrong[0].seen}")
        await asyncio.sleep(0.1)
    if ended := [reader.code for reader in readers if reader.code is not None]:
        raise Unhealed(f"{state}: {len(ended)} sockets ended by {set(ended)}")
    if holes := [reader for reader in readers if reader.offsets != list(range(1, len(reader.offsets) + 1))]:
        raise Unhealed(f"{state}: expected all offsets in order, got {holes[0].offsets[:50]}")


class _Reader:
    """Reads a room, and counts what it gets."""

    def __init__(self, link: Link, hello: dict[str, object]) -> None:
        self._link = link
        #: Whether a process of the newer version serves it.
        self.is_newer = hello.get("version") == "newer"
        self.seen: Counter[str] = Counter()
        self.offsets: list[int] = []
        #: What it ended with; None while it is open.
        self.code: int | None = None
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def open(cls, link: Link) -> "_Reader":
        return cls(link, json.loads(await link.receive())["hello"])

    def close(self) -> None:
        self._reading.cancel()
        self._link.drop()

    async def _read(self) -> None:
        try:
            while True:
                event = json.loads(await self._link.receive())
                if "offset" in event:
                    self.seen[event["type"]] += 1
                    self.offsets.append(event["offset"])
        except LinkClosed as ended:
            self.code = ended.code
