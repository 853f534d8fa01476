"""Alerts each of many users, from a Celery task: `alert USERS`. Prints when it was sent."""

import sys
import time

import django


def alert(users: int) -> float:
    """Send the task that tells each user something of their own.

    Returns:
        When it was sent, in seconds of the steady clock, which all processes of a machine share.
    """
    from notifications.tasks import notify_many

    alerts = [{"username": f"user{n}", "title": f"Your order {n:06} is on its way"} for n in range(users)]
    sent = time.monotonic()
    notify_many.delay(alerts)
    return sent


if __name__ == "__main__":
    django.setup()
    print(alert(int(sys.argv[1])))
