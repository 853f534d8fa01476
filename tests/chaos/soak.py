"""`python -m tests.chaos.soak`: let clients come and go for a while, and see whether the hub grows."""

import argparse
import asyncio
import json
import re
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

# Before Django's settings are read: what a developer has set for a hub of theirs must not reach this one.
import tests.environment  # noqa: F401
from clients.load.link import Server
from tests.chaos import samples
from tests.chaos.churn import Churn
from tests.chaos.growth import Trend, as_markdown, judge, problems, series
from tests.chaos.scene import LoadRun, Scene, Unhealed, prepared, running_hub
from tests.servers import ROOT, temporary_var

#: Users who come and go; each has a token of their own.
USERS = 20
#: Clients that come, a second.
RATE = 25.0
#: Notifications that are given to the worker, a second.
TASKS = 2.0
#: Seconds of churn before anything is measured: pools fill, modules and caches load.
WARM_UP = 20.0
#: Share of the visits that may fail: a client gives up after 10 s on a machine that has other work.
MOST_FAILED = 0.01
#: The load beside, as in the other rows but less.
LOAD: dict[str, float] = {"rooms": 10, "readers": 50, "rate": 20, "heal": 60}

_TOKENS = f"""
from datetime import timedelta
from django.contrib.auth.models import User
from hub.tokens import issue
for number in range({USERS}):
    user, _ = User.objects.get_or_create(username=f"soak-{{number}}")
    print("token", issue(user, timedelta(days=1)))
"""
_GIVE = """
import select, sys, time
from notifications.tasks import notify
given = 0
# Until whoever started this closes its standard input.
while not select.select([sys.stdin], [], [], 1 / {rate})[0]:
    notify.delay(f"soak-{{given % {users}}}", title=f"soak {{given}}")
    given += 1
print("given", given)
"""
_COUNT = """
from collections import Counter
from notifications.models import Notification
titles = Counter(Notification.objects.filter(title__startswith="soak ").values_list("title", flat=True))
print("made", len(titles), titles.total())
"""


@dataclass(frozen=True, kw_only=True)
class Soak:
    """What came of it."""

    minutes: float
    trends: list[Trend]
    #: What the visitors did, and what the loss checker says.
    visits: dict[str, int]
    load: dict[str, Any]
    notifications: int
    problems: list[str]

    @property
    def is_right(self) -> bool:
        """Whether nothing grew, was left over or lost."""
        return not self.problems


async def visitors(scene: Scene) -> list[Server]:
    """Return the hub as each of the users who come and go."""
    done = await asyncio.to_thread(scene.hub.manage, "shell", "-c", _TOKENS)
    tokens = re.findall(r"(?m)^token (\S+)$", done.stdout)
    if len(tokens) != USERS:
        raise Unhealed(f"expected {USERS} tokens, got: {(done.stdout + done.stderr)[-300:]}")
    return [Server(scene.url, token) for token in tokens]


@asynccontextmanager
async def giving_tasks(scene: Scene, rate: float) -> AsyncIterator[list[int]]:
    """Give the worker notifications until the block ends; then the list holds how many they were."""
    given: list[int] = []
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "manage.py",
        "shell",
        "-c",
        _GIVE.format(rate=rate, users=USERS),
        cwd=ROOT,
        env=scene.hub.env,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield given
        async with asyncio.timeout(60):
            out, _ = await process.communicate(b"")
        given += [int(number) for number in re.findall(rb"given (\d+)", out)]
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def sampled(
    scene: Scene,
    churn: Churn,
    seconds: float,
    every: float,
    change: Callable[[Mapping[str, float]], Mapping[str, float]] = dict,
) -> dict[str, list[tuple[float, float]]]:
    """Let clients come and go, and return what the hub took meanwhile, by the names of things.

    Arguments:
        every: seconds between two samples.
        change: makes what is judged of a sample.
    """
    found: list[tuple[float, Mapping[str, float]]] = []
    began = time.monotonic()
    coming = asyncio.create_task(churn.run(RATE, seconds))
    try:
        while not coming.done() and time.monotonic() - began < seconds:
            found.append((time.monotonic() - began, change(await samples.take(scene))))
            await asyncio.wait([coming], timeout=every)
        await coming
    finally:
        coming.cancel()
    return series(found)


def trends_of(
    taken: Mapping[str, list[tuple[float, float]]], before: Mapping[str, float], after: Mapping[str, float]
) -> list[Trend]:
    """Judge everything that was sampled."""
    return [
        judge(name, taken[name], samples.bound_of(name), before=before.get(name), after=after.get(name))
        for name in sorted(taken)
    ]


def failures(visits: Counter[str], given: list[int], made: tuple[int, int]) -> list[str]:
    """Return what went wrong with the visits and the notifications.

    Arguments:
        given: how many notifications the worker was given, as a list of one.
        made: how many there are, by title and in all.
    """
    found = []
    if visits["failed"] > visits["visits"] * MOST_FAILED:
        found.append(f"{visits['failed']} of {visits['visits']} visits failed")
    if not given or made != (given[0], given[0]):
        found.append(f"expected each of {given} notifications once, got {made[0]}, in all {made[1]}")
    return found


async def notified(scene: Scene, given: list[int]) -> tuple[int, int]:
    """Wait until the worker has made what it was given. Returns how many there are, by title and in all."""
    made = (0, 0)
    for _ in range(20):
        done = await asyncio.to_thread(scene.hub.manage, "shell", "-c", _COUNT)
        found = re.search(r"made (\d+) (\d+)", done.stdout)
        made = (int(found[1]), int(found[2])) if found else made
        if given and made[0] >= given[0]:
            break
        await asyncio.sleep(1)
    return made


def restarts(scene: Scene) -> list[str]:
    """Return what the supervisor said of parts that died."""
    return re.findall(r"(?m)^hub +\|.*it is started again.*$", scene.hub.output)


async def row(scene: Scene) -> str:
    """Row F32: a short soak beside the load that is there.

    Raises:
        Unhealed: something grew, or was left over.
    """
    churn = Churn(await visitors(scene), scene.chance)
    async with giving_tasks(scene, TASKS) as given:
        await churn.run(RATE, WARM_UP)
        before = samples.together(await samples.take_idle(scene))
        taken = await sampled(scene, churn, 60 * scene.scale, every=2, change=samples.together)
        after = samples.together(await samples.take_idle(scene))
    wrong = problems(trends_of(taken, before, after))
    wrong += failures(churn.done, given, await notified(scene, given)) + restarts(scene)
    if wrong:
        raise Unhealed("; ".join(wrong))
    return f"{churn.done['visits']} visits, {given[0]} notifications once each, {len(taken)} counts flat"


async def soak(minutes: float, seed: int, logs: Path | None) -> Soak:
    """Run a hub, put load and churn on it for some minutes, and judge what it took."""
    with prepared() as pattern:
        async with running_hub(pattern, temporary_var()) as hub:
            scene = Scene(hub=hub, url=hub.url, chance=Random(seed))
            try:
                return await _soak(scene, minutes, seed)
            finally:
                if logs:
                    (logs / "soak.log").write_text(hub.output)


async def _soak(scene: Scene, minutes: float, seed: int) -> Soak:
    churn = Churn(await visitors(scene), scene.chance)
    await scene.healed()
    _say("warming up")
    await churn.run(RATE, WARM_UP)
    before = await samples.take_idle(scene)
    churn.done.clear()
    _say(f"{minutes:g} minutes of load begin")
    async with (
        LoadRun(scene, {**LOAD, "duration": minutes * 60 + 300}, seed) as load,
        giving_tasks(scene, TASKS) as given,
    ):
        taken = await sampled(scene, churn, minutes * 60, every=5)
        _say("the load ends; waiting for what is left")
        result = await load.finish()
    made = await notified(scene, given)
    after = await samples.take_idle(scene)
    trends = trends_of(taken, before, after)
    wrong = problems(trends) + failures(churn.done, given, made) + restarts(scene)
    if not result.get("right"):
        wrong.append(f"the loss checker says: {result.get('wrong')} {result.get('refused')}")
    result.pop("findings", None)
    return Soak(
        minutes=minutes,
        trends=trends,
        visits=dict(churn.done),
        load=result,
        notifications=made[0],
        problems=wrong,
    )


def report(found: Soak) -> str:
    """Return all of it in Markdown."""
    load = ", ".join(
        f"{found.load[name]} {text}"
        for name, text in (
            ("events", "events"),
            ("readers", "readers"),
            ("deliveries", "deliveries"),
            ("lost", "lost"),
            ("doubled", "doubled"),
            ("out_of_order", "out of order"),
        )
    )
    visits = ", ".join(f"{name} {times}" for name, times in sorted(found.visits.items()))
    verdict = "kept" if found.is_right else "BROKEN: " + "; ".join(found.problems)
    return (
        f"{found.minutes:g} minutes: {verdict}\n\nLoad: {load}. Clients that came and went: {visits}. Notifications: "
        f"{found.notifications}.\n\n{as_markdown(found.trends)}"
    )


def _say(sentence: str) -> None:
    print(f"soak: {sentence}", file=sys.stderr, flush=True)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos.soak",
        description=__doc__,
        epilog="exit status: 0 nothing grew, was left over or lost; 1 something did; 2 usage",
        allow_abbrev=False,
    )
    parser.add_argument("--minutes", type=float, default=20.0, metavar="N", help="of load (%(default)g)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the random choices (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print everything as one JSON object")
    parser.add_argument("--report", type=Path, metavar="FILE.md", help="write the tables as Markdown too")
    parser.add_argument("--logs", type=Path, metavar="DIR", help="keep what the hub said")
    return parser


def main() -> int:
    """Run the command, and return its exit status."""
    options = build_parser().parse_args()
    if options.logs:
        options.logs.mkdir(parents=True, exist_ok=True)
    found = asyncio.run(soak(options.minutes, options.seed, options.logs))
    print(json.dumps({**asdict(found), "right": found.is_right}) if options.json else report(found))
    if options.report:
        options.report.write_text(report(found))
    return 0 if found.is_right else 1


if __name__ == "__main__":
    sys.exit(main())
