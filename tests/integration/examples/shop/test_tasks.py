"""The shop's tasks, each run twice: a worker that dies, or a broker that hands a task out again, does that."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from threading import Barrier

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from examples.shop import tasks
from examples.shop.models import Order
from hub.celery import app
from notifications.models import Notification


def place(buyer: User, at: datetime, status: str = "unpaid") -> Order:
    reference = f"A-{Order.objects.count()}"
    return Order.objects.create(buyer=buyer, reference=reference, total_cents=4_200, created_at=at, status=status)


def told(kind: str) -> list[str]:
    return list(Notification.objects.filter(kind=kind).order_by("id").values_list("user__username", flat=True))


def test_the_tasks_are_those_of_the_celery_application() -> None:
    assert {"examples.shop.tasks.remind_unpaid", "examples.shop.tasks.sum_up_day"} <= app.tasks.keys()


def test_a_reminder_that_runs_twice_is_sent_once(buyer: User) -> None:
    order = place(buyer, timezone.now())
    assert [tasks.remind_unpaid(order.pk), tasks.remind_unpaid(order.pk)] == [True, False]
    assert told("order.unpaid") == ["ada"]


def test_reminders_that_run_at_the_same_moment_are_one(buyer: User) -> None:
    order = place(buyer, timezone.now())
    start = Barrier(4)

    def remind(order_id: int) -> bool:
        start.wait(timeout=10)
        try:
            return bool(tasks.remind_unpaid(order_id))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as workers:
        reminded = list(workers.map(remind, [order.pk] * 4))
    assert sorted(reminded) == [False, False, False, True]
    assert told("order.unpaid") == ["ada"]


def test_an_order_paid_in_time_has_no_reminder(buyer: User) -> None:
    order = place(buyer, timezone.now(), status="paid")
    assert not tasks.remind_unpaid(order.pk)
    assert told("order.unpaid") == []


def test_staff_get_one_summary_of_a_day(buyer: User) -> None:
    for name in ("grace", "joan"):
        User.objects.create_user(name, is_staff=True)
    place(buyer, datetime(2026, 1, 31, 8, tzinfo=UTC), status="paid")
    place(buyer, datetime(2026, 1, 31, 9, tzinfo=UTC))
    assert [tasks.sum_up_day("2026-01-31"), tasks.sum_up_day("2026-01-31")] == [2, 2]
    assert told("shop.day") == ["grace", "joan"]
    assert set(Notification.objects.filter(kind="shop.day").values_list("body", flat=True)) == {
        "2 orders, turnover 42.00 EUR, 1 unpaid."
    }


def test_the_day_summed_up_is_yesterday(buyer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    User.objects.create_user("grace", is_staff=True)
    for day in (1, 2, 3):
        place(buyer, datetime(2026, 2, day, 8, tzinfo=UTC))
    monkeypatch.setattr(timezone, "localdate", lambda: date(2026, 2, 3))
    assert tasks.sum_up_day() == 1
    summary = Notification.objects.get(kind="shop.day")
    assert (summary.title, summary.body) == ("The shop on 2026-02-02", "1 order, turnover none, 1 unpaid.")


def test_each_day_has_a_summary_of_its_own(buyer: User) -> None:
    User.objects.create_user("grace", is_staff=True)
    for day in (30, 31):
        place(buyer, datetime(2026, 1, day, 8, tzinfo=UTC))
        tasks.sum_up_day(f"2026-01-{day}")
    assert told("shop.day") == ["grace", "grace"]


def test_a_day_without_orders_is_not_summed_up(buyer: User) -> None:
    User.objects.create_user("grace", is_staff=True)
    assert tasks.sum_up_day("2026-01-31") == 0
    assert not Notification.objects.exists()
