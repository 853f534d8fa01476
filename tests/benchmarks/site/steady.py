"""Publishes so many events a second from a process of its own: `steady STREAM RATE SECONDS`. Prints their commits."""

import json
import sys
import time

import django

#: Characters of a message.
SIZE = 100


def publish_steadily(stream: str, rate: float, seconds: float) -> list[int]:
    """Publish numbered events, each in a transaction of its own.

    Returns:
        When each of them was committed, in nanoseconds of the steady clock, which all processes of a machine share.
    """
    from django.db import transaction

    from hub.publish import publish
    from tests.benchmarks.client.messages import body

    committed: list[int] = []
    began = time.monotonic()
    for number in range(int(rate * seconds)):
        time.sleep(max(began + number / rate - time.monotonic(), 0))
        with transaction.atomic():
            # Before the hook that announces it.
            transaction.on_commit(lambda: committed.append(time.monotonic_ns()))
            publish(stream, "message", {"body": body(number + 1, SIZE)})
    return committed


if __name__ == "__main__":
    django.setup()
    print(json.dumps(publish_steadily(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]))))
