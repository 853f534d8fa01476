"""The sweep: what is due is sent (again), what cannot be done is moved aside. Celery's clock asks for it."""

import logging

from celery import current_app, shared_task
from django.db import Error as AnyDatabaseError

from hub.models import TaskRecord
from hub.tasks import records
from hub.tasks.durable import DurableTask
from hub.tasks.sending import RETRY_ONCE, BrokerFailed, broker

logger = logging.getLogger(__name__)

#: Seconds between two sweeps. One that no worker takes in twice this time is dropped: another one follows.
INTERVAL = 5.0
EXPIRES = 2 * INTERVAL
#: Messages in a queue beyond which nothing is sent again: what seems lost most likely waits there.
FULL_QUEUE = 500


@shared_task(name="hub.tasks.sweep", acks_late=False)
def sweep() -> int:
    """Send all durable tasks that are due, and move aside those whose workers went silent too often.

    Any number of sweeps may run at once: each row is taken by one of them.

    Returns:
        How many tasks were sent.
    """
    try:
        for record in records.move_aside():
            logger.warning("%s is moved aside: %s", record, records.DIED)
        records.forget_old()
        return sum(_fill(queue) for queue in records.due_queues())
    except BrokerFailed:
        # It was logged; the rows stay due.
        return 0
    except AnyDatabaseError as error:
        logger.warning("lost tasks could not be looked for: %s", " ".join(str(error).split()))
        return 0


def sweep_soon() -> None:
    """Ask for a sweep, as the clock does."""
    try:
        with broker().producer() as producer:
            sweep.apply_async(expires=EXPIRES, producer=producer, retry=True, retry_policy=RETRY_ONCE)
    except BrokerFailed:
        # It was logged; the clock asks again.
        return


def _fill(queue: str) -> int:
    room = FULL_QUEUE - broker().waiting(queue)
    return sum(_send(record) for record in records.claim(queue, room)) if room > 0 else 0


def _send(record: TaskRecord) -> bool:
    task = current_app.tasks.get(record.task)
    if isinstance(task, DurableTask):
        return task.send(record)
    # Another worker may know it, of a newer version perhaps: an attempt has failed, and another one follows.
    if (attempt := records.begin(record.pk)) is not None:
        records.fail(record.pk, attempt, "this worker knows no durable task of that name", for_good=False)
        logger.warning("%s failed in attempt %d: this worker knows no durable task of that name", record, attempt)
    return False
