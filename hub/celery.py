"""The Celery application: `celery -A hub worker`, `celery -A hub beat`."""

import logging
import os
from typing import Any

from celery import Celery
from celery.signals import worker_ready
from kombu.exceptions import KombuError
from kombu.transport.redis import QoS

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")

app = Celery("hub")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

#: Seconds between two looks at whether a dead worker has left tasks behind, and how many are given back at a time.
GIVE_BACK_EVERY = 15.0
GIVE_BACK = 100

logger = logging.getLogger(__name__)


@worker_ready.connect
def give_back_forever(sender: Any, **kwargs: Any) -> None:
    """Have this worker give back, every now and then, what dead workers held.

    In the gevent pool nothing else does: kombu looks only when a poll for tasks brings nothing at all, and there each
    ends with an answer of Redis that says so.
    """
    sender.timer.call_repeatedly(GIVE_BACK_EVERY, give_back)


def give_back() -> None:
    """Queue again the tasks that were taken longer ago than the visibility time-out, and not acknowledged."""
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


# What it has to say is that Redis is away, and that it tries again.
logging.getLogger("celery.worker.consumer.consumer").addFilter(say_in_one_line)
