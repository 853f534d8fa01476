"""Counts the queries of a process in a file that another process reads meanwhile."""

import mmap
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

#: Names the file.
VARIABLE = "BENCHMARK_QUERIES"
_COUNT = struct.Struct("=Q")


def count_queries(path: str) -> None:
    """Count every query of this process, from now on.

    Arguments:
        path: of the file; it is made.
    """
    Path(path).write_bytes(_COUNT.pack(0))
    with open(path, "r+b") as file:
        shared = mmap.mmap(file.fileno(), _COUNT.size)
    lock = threading.Lock()

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        with lock:
            _COUNT.pack_into(shared, 0, _COUNT.unpack_from(shared)[0] + 1)
        return execute(sql, params, many, context)

    def watch(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
        # Said again whenever the same object connects anew.
        if note not in connection.execute_wrappers:
            connection.execute_wrappers.append(note)

    connection_created.connect(watch, weak=False)


def read_count(path: Path) -> int:
    """Return how many queries were counted so far."""
    return int(_COUNT.unpack(path.read_bytes())[0])
