"""The Celery application: `celery -A hub worker`, `celery -A hub beat`, and what each worker does beside its tasks."""

import logging
import os
from json import JSONDecodeError
from typing import Any

from celery import Celery
from celery.beat import SchedulingError
from celery.signals import task_postrun, worker_process_init, worker_ready
from celery.worker import state
from django.db import Error as AnyDatabaseError
from django.db import close_old_connections
from kombu.exceptions import KombuError
from kombu.transport.redis import QoS
from redis import RedisError

from hub import liveness
from hub.conf import conf
from hub.interpreter import settle

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")

app = Celery("hub")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

#: Seconds between two looks at whether a dead worker has left tasks behind, and how many are given back at a time.
GIVE_BACK_EVERY = 15.0
GIVE_BACK = 100
#: Seconds between two looks at whether a worker does as much as it can.
BUSY_EVERY = 5.0
#: The task that Celery's clock asks for every few seconds. It is not news that it was done.
SWEEP = "hub.tasks.sweep"
#: What comes of a broker that fails, and of messages that somebody else has put into it.
BROKER_ERRORS = (KombuError, OSError, RedisError, SchedulingError, JSONDecodeError)

logger = logging.getLogger(__name__)


@worker_ready.connect
def work_beside(sender: Any, **kwargs: Any) -> None:
    """Have this worker give signs of life, keep the durable tasks it is at, and give back what dead workers held."""
    from hub.tasks.sweeping import sweep_soon

    sender.timer.call_repeatedly(GIVE_BACK_EVERY, give_back)
    sender.timer.call_repeatedly(conf.TASK_LEASE / 3, hold_tasks)
    sender.timer.call_repeatedly(BUSY_EVERY, note_if_busy, (sender.pool,))
    sweep_soon()
    settle()


@worker_process_init.connect
def begin_process(**kwargs: Any) -> None:
    """Prepare a process of the prefork pool; the gevent pool has none."""
    settle()


@task_postrun.connect
def note_done(**kwargs: Any) -> None:
    """Note, after each task, that this worker does something."""
    liveness.note()


def note_if_busy(pool: Any) -> None:
    """Note that this worker does something, where it does as much as it can: long tasks are no hang."""
    if len(state.active_requests) >= pool.num_processes:
        liveness.note()


def hold_tasks() -> None:
    """Say in the rows of the durable tasks that this worker is at that it still is."""
    from hub.tasks import records

    task_ids = [request.id for request in list(state.active_requests)]
    if not task_ids:
        return
    try:
        records.hold(task_ids)
    except AnyDatabaseError as error:
        logger.debug("the tasks at work could not be held: %s", error)
    finally:
        close_old_connections()


def give_back() -> None:
    """Queue again the tasks that were taken longer ago than the visibility time-out, and not acknowledged.

    In the gevent pool nothing else does: kombu looks only when a poll for tasks brings nothing at all, and there each
    ends with an answer of Redis that says so.
    """
    # Its types leave out what is asked of it here.
    connection: Any = app.connection_for_read()
    try:
        with connection:
            qos = connection.default_channel.qos
            if isinstance(qos, QoS):
                qos.restore_visible(num=GIVE_BACK, interval=1)
    except (KombuError, *connection.connection_errors, *connection.channel_errors) as error:
        logger.debug("the tasks of dead workers could not be looked for: %s", error)


def say_in_one_line(record: logging.LogRecord) -> bool:
    """Put the error of a log record into its sentence, instead of a traceback below it (a filter of `logging`)."""
    if record.exc_info and record.exc_info[1] is not None:
        record.msg, record.args = f"{record.getMessage().rstrip()} {record.exc_info[1]}", None
        record.exc_info = None
    return True


def say_first_line(record: logging.LogRecord) -> bool:
    """Of a log record about a broker that fails or hands out rubbish, keep the first line (a filter of `logging`)."""
    if record.exc_info and isinstance(record.exc_info[1], BROKER_ERRORS):
        record.msg, record.args = record.getMessage().partition("\n")[0], None
        record.exc_info = None
    return True


def leave_out_sweeps(record: logging.LogRecord) -> bool:
    """Keep a log record, unless it tells that a sweep was asked for, came in, or was done (a filter of `logging`)."""
    told = record.args.values() if isinstance(record.args, dict) else record.args or ()
    return record.levelno > logging.INFO or SWEEP not in told


for name in ("celery.beat", "celery.worker.strategy", "celery.worker.request", "celery.app.trace"):
    logging.getLogger(name).addFilter(leave_out_sweeps)
# A task that could not be acknowledged comes again, the clock strikes again, a worker that ends is started again.
for name in ("celery.beat", "celery.worker.request", "celery.worker"):
    logging.getLogger(name).addFilter(say_first_line)
# What it has to say is that Redis is away, and that it tries again.
logging.getLogger("celery.worker.consumer.consumer").addFilter(say_in_one_line)
