"""Publishes from greenlets, as a Celery worker does: `python -m …gevent_publisher DATABASE GREENLETS ROUNDS`.

It prints what that took, a JSON object: `connections` that Redis has seen made, `loops` (event loops) made, and events
`published`.
"""

# First of all, as Celery does for its gevent pool.
from gevent import monkey

monkey.patch_all()

import asyncio  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402

import django  # noqa: E402
import redis  # noqa: E402
from gevent.pool import Pool  # noqa: E402


def main(database: str, greenlets: int, rounds: int) -> None:
    """Publish so often by each function there is, and count."""
    from django.db import connection

    from hub.conf import redis_url
    from hub.publish import Draft, publish, publish_ephemeral, publish_to_many

    loops: list[object] = []
    new_event_loop = asyncio.new_event_loop
    asyncio.new_event_loop = lambda: (loops.append(1), new_event_loop())[1]  # type: ignore[func-returns-value]
    asked = redis.Redis.from_url(redis_url())

    def work(number: int) -> int:
        connection.settings_dict["NAME"] = database
        try:
            for turn in range(rounds):
                publish(f"t:gevent{number}", "said", {"turn": turn})
                publish_ephemeral(f"t:gevent{number}", "typing", {})
                publish_to_many({f"t:gevent{other}": [Draft("said", {"turn": turn})] for other in range(greenlets)})
        finally:
            connection.close()
        return rounds * (1 + greenlets)

    before = asked.info("stats")["total_connections_received"]
    published = sum(Pool(greenlets).imap_unordered(work, range(greenlets)))
    made = asked.info("stats")["total_connections_received"] - before
    print(json.dumps({"connections": made, "loops": len(loops), "published": published}))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
    django.setup()
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
