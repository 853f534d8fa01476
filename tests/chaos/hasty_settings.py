"""The settings of a hub whose periodic tasks run every two seconds, so that a test need not wait for minutes."""

from hub.settings import *  # noqa: F403
from hub.settings import CELERY_BEAT_SCHEDULE

CELERY_BEAT_SCHEDULE = {name: {**entry, "schedule": 2.0} for name, entry in CELERY_BEAT_SCHEDULE.items()}
