"""The shop as its buyer meets it: an order saved in another process, a whole hub, and the reference subscriber."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.servers import ROOT, HubServer, environment_of, manage

StartHub = Callable[..., HubServer]

# One transaction: no reminder is sent before its end, and the first order is paid by then.
PLACE = """
from django.contrib.auth.models import User
from django.db import transaction
from examples.shop.models import Order
buyer = User.objects.get(username="demo")
with transaction.atomic():
    order = Order.objects.create(buyer=buyer, reference="A-1", total_cents=4_200)
    Order.objects.create(buyer=buyer, reference="A-2", total_cents=4_200)
    order.status = Order.Status.PAID
    order.save()
"""

ROLL_BACK = """
from django.contrib.auth.models import User
from django.db import transaction
from examples.shop.models import Order
with transaction.atomic():
    Order.objects.create(buyer=User.objects.get(username="demo"), reference="A-0", total_cents=1)
    transaction.set_rollback(True)
"""


COUNT = """
from hub.models import TaskRecord
from notifications.models import Notification
print(Notification.objects.filter(title__startswith="Order A-").count(), TaskRecord.objects.count())
"""

HEAD = """
from django.contrib.auth.models import User
from hub.log import position
print(position(f"inbox#{User.objects.get(username='demo').pk}").offset)
"""


def run(env: dict[str, str], code: str) -> subprocess.CompletedProcess[str]:
    """Run code in Django's shell, and return what it says."""
    done = manage(env, "shell", "--verbosity", "0", "--command", code)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def events_of_demo(server: HubServer, since: int, count: int) -> list[dict[str, Any]]:
    """Read that many events of demo's inbox, from an offset on, with the reference subscriber."""
    token = server.manage("token", "demo").stdout.strip()
    url = server.url.replace("http://", "ws://") + "/ws/notifications/"
    command = [sys.executable, "-m", "clients.subscribe", url, "--json", "--timeout", "40"]
    done = subprocess.run(
        [*command, "--since", str(since), "--count", str(count)],
        cwd=ROOT,
        env=server.env | {"HUBBUB_TOKEN": token},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_buyer_hears_of_orders_saved_elsewhere_and_is_reminded_of_the_unpaid_one(
    start_hub: StartHub, new_var: Path, tmp_path: Path
) -> None:
    (tmp_path / "quick_shop.py").write_text("from hub.settings import *\nSHOP_REMINDER_SECONDS = 1\n")
    env = environment_of(new_var, DJANGO_SETTINGS_MODULE="quick_shop", PYTHONPATH=str(tmp_path))
    server = start_hub("--port", "0", "--workers", "1", env=env)
    assert server.url
    head = int(run(env, HEAD).stdout)
    run(env, ROLL_BACK)
    run(env, PLACE)

    events = events_of_demo(server, since=head, count=4)

    assert [event["offset"] for event in events] == [head + 1, head + 2, head + 3, head + 4]
    assert [event["data"]["notification"]["title"] for event in events] == [
        "Order A-1 placed",
        "Order A-2 placed",
        "Order A-1 paid",
        "Order A-2 is not paid yet",
    ]


def test_an_order_is_saved_and_told_of_while_redis_is_down(new_var: Path) -> None:
    env = environment_of(new_var)
    assert "Traceback" not in run(env, PLACE).stderr
    assert run(env, COUNT).stdout.split() == ["3", "2"]
