"""Versions that publishers count: only what is newer is taken, within one life of their count (protocol, section 9)."""

import threading

import pytest
from django.db import connections, transaction
from django.db.transaction import TransactionManagementError

from hub import log
from hub.models import Stream

pytestmark = pytest.mark.django_db(transaction=True)


def take(version: int, epoch: str = "", *streams: str) -> set[str]:
    with transaction.atomic():
        return log.take_newer(streams or ["t:a"], version, epoch)


def test_only_a_version_that_is_newer_is_taken() -> None:
    taken = [bool(take(version)) for version in (1, 1, 3, 2, 3, 4)]
    assert taken == [True, False, True, False, False, True]


def test_a_version_of_another_epoch_is_always_newer() -> None:
    assert take(5, "a") and take(1, "b") and not take(1, "b") and take(2, "b")
    assert take(1, "a")


def test_a_version_without_an_epoch_is_of_whichever_there_was() -> None:
    assert take(5, "a")
    assert not take(5) and take(6)
    assert take(1, "a")


def test_streams_count_for_themselves() -> None:
    assert take(2, "", "t:a") == {"t:a"}
    assert take(2, "", "t:a", "t:b") == {"t:b"}
    assert take(3, "", "t:a", "t:b") == {"t:a", "t:b"}


def test_a_rollback_takes_the_version_back() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        log.take_newer(["t:a"], 5, "")
        raise ZeroDivisionError
    assert take(4)


def test_outside_a_transaction_it_is_refused() -> None:
    with pytest.raises(TransactionManagementError):
        log.take_newer(["t:a"], 1, "")
    assert not Stream.objects.exists()


def test_of_many_that_come_at_once_each_version_is_taken_once() -> None:
    ready, taken = threading.Barrier(4), []

    def take_all() -> None:
        ready.wait()
        taken.extend([version for version in range(1, 6) if take(version)])
        connections.close_all()

    threads = [threading.Thread(target=take_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(taken) == len(set(taken)) and max(taken) == 5
