"""Durable tasks: Celery tasks that are rows until they are done, so that no crash loses one or does it twice."""

from hub.tasks.durable import LATE_AND_AGAIN, DurableTask
from hub.tasks.sweeping import sweep

__all__ = ["LATE_AND_AGAIN", "DurableTask", "sweep"]
