"""The shop's periodic tasks, for `CELERY_BEAT_SCHEDULE`."""

from typing import Any

from celery.schedules import crontab

#: A run that no worker takes within `expires` seconds is dropped: the next one does the same.
SCHEDULE: dict[str, dict[str, Any]] = {
    # Every hour, though a day is summed up once: what is lost with a worker or the broker is made up for in the next.
    "shop-sum-up-day": {
        "task": "examples.shop.tasks.sum_up_day",
        "schedule": crontab(minute="5"),
        "options": {"expires": 3_000},
    },
}
