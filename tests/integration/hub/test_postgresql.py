"""The engine on PostgreSQL: whatever waits has an end, and who is held up hears of it."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models.signals import pre_migrate

from hub import database_url, log
from hub.database import DatabaseUnavailable, in_database, shut_down
from hub.log import Draft
from hub.models import Event

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def setting(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [name])
        return str(cursor.fetchone()[0])


@pytest.mark.parametrize(
    ("name", "seconds"),
    [
        ("statement_timeout", database_url.STATEMENT_TIMEOUT),
        ("lock_timeout", database_url.LOCK_TIMEOUT),
        ("idle_in_transaction_session_timeout", database_url.IDLE_IN_TRANSACTION_TIMEOUT),
    ],
)
def test_nothing_in_a_session_waits_without_end(name: str, seconds: int) -> None:
    assert setting(name) == f"{seconds}s"


def test_a_migration_may_take_longer_than_other_work() -> None:
    seen: list[str] = []

    def look(**kwargs: Any) -> None:
        seen.append(setting("statement_timeout"))

    pre_migrate.connect(look, sender=apps.get_app_config("hub"))
    try:
        call_command("migrate", verbosity=0)
    finally:
        pre_migrate.disconnect(look, sender=apps.get_app_config("hub"))
    assert seen == ["0"]
    assert setting("statement_timeout") == f"{database_url.STATEMENT_TIMEOUT}s"


@pytest.fixture
def held_stream() -> Iterator[None]:
    """Keep a stream locked by somebody else's transaction until the end of the test."""
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                log.append("t:a", [Draft("held", {})])
                held.set()
                done.wait()
                transaction.set_rollback(True)
        finally:
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    yield
    done.set()
    thread.join()


def write(stream: str) -> None:
    with transaction.atomic():
        with connection.cursor() as cursor:
            # Sooner than the settings say, for the test's sake.
            cursor.execute("SET LOCAL lock_timeout = '50ms'")
        log.append(stream, [Draft("written", {})])


@pytest.mark.usefixtures("held_stream")
async def test_who_waits_too_long_for_a_stream_is_told_to_try_again_and_other_streams_go_on() -> None:
    try:
        with pytest.raises(DatabaseUnavailable, match="try again") as caught:
            await in_database(write, "t:a")
        assert caught.value.temporary
        assert "lock timeout" in str(caught.value.__cause__)
        await in_database(write, "t:b")
        names = await in_database(lambda: list(Event.objects.values_list("stream__name", flat=True)))
        assert names == ["t:b"]
    finally:
        shut_down()
