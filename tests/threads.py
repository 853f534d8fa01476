"""Doing something several times at once, each time with a database connection of its own."""

import threading
from collections.abc import Callable

from django.db import connection


def run_in_threads(count: int, work: Callable[[int], None]) -> None:
    """Run `work(0)`, `work(1)` … at once, and wait for all of them; fail if one of them did."""
    barrier = threading.Barrier(count)
    failures: list[BaseException] = []

    def call(number: int) -> None:
        try:
            barrier.wait(timeout=10)
            work(number)
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=call, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures
