"""The reminders that are recorded."""

import json

from hub.models import TaskRecord


def reminders() -> list[int]:
    """Return the ids of the orders that a reminder waits for, the oldest first."""
    rows = TaskRecord.objects.filter(task="examples.shop.tasks.remind_unpaid").order_by("created_at")
    return [json.loads(row.body)[0][0] for row in rows]
