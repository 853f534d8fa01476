"""Group commit on PostgreSQL: locks that somebody else holds, deadlocks, and a commit of which nobody knows."""

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection, connections, transaction

from hub import log
from hub.commands import carry_out_many
from hub.database import DatabaseUnavailable
from hub.log import Draft
from tests.integration.hub.boards import Boards, registered, request
from tests.streams import events_of

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("redis_url"),
]


@pytest.fixture
def boards() -> Iterator[Boards]:
    boards = Boards()
    with registered(boards):
        yield boards


def texts(stream: str) -> list[str]:
    return [data["text"] for _, data in events_of(stream)]


@contextmanager
def beside(work: Callable[[], None]) -> Iterator[None]:
    """Do something in another thread, in a transaction, while the block lasts; again, where it loses a deadlock."""
    failures: list[BaseException] = []

    def call() -> None:
        try:
            for attempt in itertools.count():
                with suppress(OperationalError), transaction.atomic():
                    work()
                    return
                assert attempt < 10
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=call)
    thread.start()
    try:
        yield
    finally:
        thread.join(60)
    assert not failures, failures


def test_a_deadlock_between_two_processes_costs_neither_of_them_a_command(ann: User, boards: Boards) -> None:
    held = threading.Event()

    def take_b_and_then_a() -> None:
        log.append("board:b", [Draft("taken", {"text": "theirs"})])
        held.set()
        # The group has taken a by now, and waits for b, or does so in a moment.
        assert boards.begun.wait(60)
        log.append("board:a", [Draft("taken", {"text": "theirs"})])

    with beside(take_b_and_then_a):
        assert held.wait(60)
        boards.go.set()
        requests = [request(ann, "board:a", text="ours", then="wait"), request(ann, "board:b", text="ours")]
        requests += [request(ann, "board:c", text="ours")]
        outcomes = carry_out_many(requests)
    assert all(isinstance(outcome, dict) for outcome in outcomes), outcomes
    assert [sorted(texts(f"board:{name}")) for name in "abc"] == [["ours", "theirs"], ["ours", "theirs"], ["ours"]]


def test_a_stream_that_somebody_holds_delays_the_others_for_a_moment_only(
    ann: User, boards: Boards, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.commands.LOCK_TIMEOUT", 50)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        log.append("board:b", [Draft("taken", {"text": "theirs"})])
        held.set()
        assert done.wait(60)

    with beside(hold):
        assert held.wait(60)
        requests = [request(ann, f"board:{name}", text=text) for name, text in ("a1", "b1", "b2", "c1")]
        a, b1, b2, c = carry_out_many(requests)
        done.set()
    assert (a, c) == ({"offset": 1}, {"offset": 1})
    assert isinstance(b1, DatabaseUnavailable) and isinstance(b2, DatabaseUnavailable)
    assert texts("board:b") == ["theirs"]
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("10s",)


def test_whoever_shares_a_transaction_or_had_to_leave_one_waits_for_locks_for_a_moment_only(
    ann: User, boards: Boards, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.commands.LOCK_TIMEOUT", 50)
    requests = [request(ann, f"board:{name}", text=name, before="note_patience") for name in "ab"]
    requests += [request(ann, "board:b", text="b", before="note_patience", then="fail_beside_others")]
    assert carry_out_many(requests) == [{"offset": 1}, {"offset": 1}, {"offset": 2}]
    assert [line for line in boards.log if line.endswith("s")] == ["50ms"] * 4


@pytest.mark.usefixtures("boards")
def test_a_commit_of_which_nobody_knows_is_not_tried_again(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = type(connections["default"]).commit

    def commit_and_lose_the_answer(self: object) -> None:
        monkeypatch.undo()
        commit(self)  # type: ignore[arg-type]
        raise OperationalError("server closed the connection unexpectedly")

    requests = [request(ann, f"board:{name}", text="once") for name in "ab"]
    monkeypatch.setattr(type(connections["default"]), "commit", commit_and_lose_the_answer)
    outcomes = carry_out_many(requests)
    assert [type(outcome) for outcome in outcomes] == [DatabaseUnavailable, DatabaseUnavailable]
    assert (texts("board:a"), texts("board:b")) == (["once"], ["once"])


def test_a_commit_that_ends_in_a_deadlock_is_tried_again(
    ann: User, boards: Boards, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Deadlock(Exception):
        sqlstate = "40P01"

    def roll_back(self: object) -> None:
        monkeypatch.undo()
        raise OperationalError("deadlock detected") from Deadlock()

    requests = [request(ann, f"board:{name}", text="once") for name in "ab"]
    monkeypatch.setattr(type(connections["default"]), "commit", roll_back)
    assert carry_out_many(requests) == [{"offset": 1}, {"offset": 1}]
    assert boards.log == ["a once", "b once"] * 2
    assert (texts("board:a"), texts("board:b")) == (["once"], ["once"])
