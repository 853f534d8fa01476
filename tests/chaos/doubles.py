"""What comes twice: announcements, and posts."""

import asyncio
import time
import uuid
from collections import Counter

from clients.load.history import History, Seen
from clients.load.link import request
from clients.load.reader import Habits, Reader
from tests.chaos.scene import Scene, Unhealed

SECONDS = 8.0
#: How often each post is made, and how many posts there are.
TIMES = 20
POSTS = 10


async def echo_announcements(scene: Scene) -> str:
    """Send every announcement again, up to two seconds late and in another order."""
    return f"{await asyncio.to_thread(_echo, scene)} announcements sent again"


def _echo(scene: Scene) -> int:
    client = scene.redis()
    listener = client.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
    listener.psubscribe("hubbub__group__*")
    mine: Counter[bytes] = Counter()
    late: list[tuple[float, bytes, bytes]] = []
    end, sent = time.monotonic() + SECONDS, 0
    while time.monotonic() < end or late:
        message = listener.get_message(timeout=0.02)
        if message is not None and time.monotonic() < end:
            data: bytes = message["data"]
            if mine[data]:
                # Our own echo.
                mine[data] -= 1
            else:
                late.append((time.monotonic() + scene.chance.uniform(0, 2), message["channel"], data))
        for due in [one for one in late if one[0] <= time.monotonic()]:
            late.remove(due)
            mine[due[2]] += 1
            client.publish(due[1], due[2])
            sent += 1
    listener.close()
    return sent


async def post_at_once(scene: Scene) -> str:
    """Post with one key twenty times at once, ten times over: one message each, and twenty equal answers."""
    server, slug = scene.server(), f"twenty-{uuid.uuid4().hex[:8]}"
    status, answer = await request(server, "POST", "/api/v1/rooms/", {"slug": slug, "title": "Twenty"})
    if status != 201:
        raise Unhealed(f"expected a room, got HTTP {status}: {answer}")
    history = History()
    reader = Reader(server, "reader", slug, history, Habits(), scene.chance)
    reading = asyncio.create_task(reader.run())
    path = f"/api/v1/rooms/{slug}/messages/"
    try:
        for number in range(POSTS):
            body = {"body": f"post-{number}", "key": f"key-{number}"}
            answers = await asyncio.gather(*(request(server, "POST", path, body) for _ in range(TIMES)))
            statuses = Counter(status for status, _ in answers)
            ids = {answer.get("id") for _, answer in answers}
            if statuses != {201: 1, 200: TIMES - 1} or len(ids) != 1:
                raise Unhealed(f"expected one new message and {TIMES - 1} repeated answers, got {statuses}, {ids}")
        async with asyncio.timeout(20):
            while reader.offset < POSTS:
                await asyncio.sleep(0.1)
    finally:
        reading.cancel()
    keys = [record.key for record in history.records if isinstance(record, Seen) and record.key]
    if keys != [f"post-{number}" for number in range(POSTS)]:
        raise Unhealed(f"expected {POSTS} messages in order, got {keys}")
    return f"{POSTS} posts, {TIMES} times each: {POSTS} messages"
