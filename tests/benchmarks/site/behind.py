"""Publishes what readers will be behind: `behind STREAMS EVENTS`. Prints each stream's name and position before it."""

import json
import sys

import django

from tests.benchmarks.client.messages import body
from tests.benchmarks.site.seed import EVERYONE

#: Characters of a message.
SIZE = 100


def publish(streams: int, events: int) -> list[dict[str, object]]:
    """Publish numbered messages to streams, some to each.

    Returns:
        Of each stream its name, and `epoch` and `offset` before them.
    """
    from hub.publish import Draft, publish_many

    told: list[dict[str, object]] = []
    for number in range(streams):
        stream = f"logged:{EVERYONE}.storm{number}"
        done = publish_many(stream, [Draft("message", {"body": body(n + 1, SIZE)}) for n in range(events)])
        told.append({"stream": stream, "epoch": done[0].epoch, "offset": done[0].offset - 1})
    return told


if __name__ == "__main__":
    django.setup()
    print(json.dumps(publish(int(sys.argv[1]), int(sys.argv[2]))))
