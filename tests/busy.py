"""A database that somebody else writes to just now."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from celery.signals import task_prerun
from django.db import connection

#: Gives the database free again.
Free = Callable[[], object]


@contextmanager
def busy_database() -> Iterator[Free]:
    """Keep the log locked, so that this thread's writes fail at once, until the end or until it is given free.

    For a test without a transaction around it.
    """
    try:
        with _locked_postgresql() if connection.vendor == "postgresql" else _locked_sqlite() as free:
            yield free
    finally:
        connection.close()


@contextmanager
def _locked_sqlite() -> Iterator[Free]:
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
        with connection.cursor() as cursor:
            # Or the first write would wait for as long as the settings say.
            cursor.execute("PRAGMA busy_timeout = 0")
        other.execute("BEGIN IMMEDIATE")
        yield lambda: other.execute("ROLLBACK")


@contextmanager
def _locked_postgresql() -> Iterator[Free]:
    import psycopg

    with closing(psycopg.connect(**connection.get_connection_params())) as other:
        other.execute("LOCK TABLE hub_stream")
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '50ms'")
        try:
            yield other.rollback
        finally:
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")


@contextmanager
def busy_database_for_one_run() -> Iterator[list[str]]:
    """Keep the database locked for the first run of a Celery task, and free it before the second.

    Gives the ids of the runs. For a test without a transaction around it.
    """
    runs: list[str] = []
    with busy_database() as free:

        def count(task_id: str, **kwargs: Any) -> None:
            runs.append(task_id)
            if len(runs) == 2:
                free()

        task_prerun.connect(count, weak=False)
        try:
            yield runs
        finally:
            task_prerun.disconnect(count)
