"""Celery's clock: two of them at once, and none for a while. What they send for has its effect once, and late."""

import asyncio
import re
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.chaos.scene import PATIENCE, Scene, Unhealed, until
from tests.servers import ROOT

#: The hub's environment for this row: its periodic tasks run every two seconds.
HASTY = {"DJANGO_SETTINGS_MODULE": "tests.chaos.hasty_settings"}
#: Orders that are overdue in each part of the row.
ORDERS = 10
#: Seconds with two clocks, and with none.
TWO, NONE = 10.0, 20.0

# In bulk there are no signals, and what is due later is sent by the periodic sweep alone: without a clock nobody hears.
_PLACE = """
from datetime import timedelta
from django.contrib.auth.models import User
from django.utils import timezone
from examples.shop.models import Order, OrderPaymentDetails
from examples.shop.tasks import remind_unpaid
ago = timezone.now() - timedelta(days=1)
orders = Order.objects.bulk_create([
    Order(buyer=User.objects.get(username="demo"), reference=f"{name}-{{number}}", total_cents=100, created_at=ago)
    for number in range({orders})
])
OrderPaymentDetails.objects.bulk_create([OrderPaymentDetails(order=order) for order in orders])
for order in orders:
    remind_unpaid.apply_async((order.pk,), countdown=1)
"""
_COUNT = """
from notifications.models import Notification
for title in Notification.objects.filter(kind__in=("order.unpaid", "shop.day")).values_list("title", flat=True):
    print("told", title)
"""


async def two_and_none(scene: Scene) -> str:
    """Run a second clock beside the hub's, then stop that for a while, then kill it.

    Raises:
        Unhealed: somebody was told twice, or not at all.
    """
    await _place(scene, "two")
    async with _second_clock(scene):
        await asyncio.sleep(TWO)
        await _until_told(scene, "two")
    (clock,) = scene.hub.processes_of("beat")
    clock.suspend()
    try:
        await _place(scene, "none")
        await asyncio.sleep(NONE)
        if early := [title for title in await _told(scene) if "none-" in title]:
            raise Unhealed(f"expected nobody to be reminded without a clock, {len(early)} were")
    finally:
        clock.resume()
    await _until_told(scene, "none")
    clock.kill()
    await until(lambda: [one.pid for one in scene.hub.processes_of("beat")] not in ([], [clock.pid]), "the clock back")
    await _place(scene, "killed")
    told = await _until_told(scene, "killed")
    if twice := {title: times for title, times in told.items() if times > 1}:
        raise Unhealed(f"expected everybody to be told once, got {twice}")
    return f"two clocks, none for {NONE:g} s, one killed: {3 * ORDERS} reminders and a day's figures, each told once"


async def _place(scene: Scene, name: str) -> None:
    await _shell(scene, _PLACE.format(name=name, orders=ORDERS))


async def _shell(scene: Scene, code: str) -> str:
    done = await asyncio.to_thread(scene.hub.manage, "shell", "-c", code)
    if done.returncode:
        raise Unhealed(f"expected the shop's shell to work, got: {done.stderr[-300:]}")
    return done.stdout


async def _told(scene: Scene) -> Counter[str]:
    """Return the titles of all reminders and figures, with how often each was told."""
    return Counter(re.findall(r"(?m)^told (.+)$", await _shell(scene, _COUNT)))


async def _until_told(scene: Scene, name: str) -> Counter[str]:
    """Wait until all orders of a name were reminded of, and the figures of their day told."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while True:
        told = await _told(scene)
        reminded = sum(f"Order {name}-{number} is not paid yet" in told for number in range(ORDERS))
        if reminded == ORDERS and any(title.startswith("The shop on ") for title in told):
            return told
        if asyncio.get_running_loop().time() > deadline:
            raise Unhealed(f"{name}: expected {ORDERS} reminders and a day's figures, got {dict(told)}")


@asynccontextmanager
async def _second_clock(scene: Scene) -> AsyncIterator[None]:
    """Run another clock beside the hub's until the block ends, as after a deployment that went wrong."""
    command = ("-m", "celery", "--quiet", "-A", "hub", "beat", "--pidfile=", "-s", str(scene.hub.var / "second-clock"))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        cwd=ROOT,
        env=scene.hub.env,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield
        if process.returncode is not None:
            raise Unhealed(f"expected the second clock to run, it exited with {process.returncode}")
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
