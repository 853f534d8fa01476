"""Runs a measuring command: with live progress for people, and the result as a table, JSON or a page."""

import argparse
import asyncio
import shlex
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from clients.exit_codes import ExitCode
from clients.load import connect, fanout, storm
from clients.load.figures import Summary, as_json, print_summary
from clients.load.link import Server
from clients.load.open_files import room_for
from clients.load.page import as_page
from clients.load.site import Site
from clients.load.swarm import NotLetIn

#: Seconds between two looks at how far a run is.
LOOK = 0.2


class Run(Protocol):
    """Something that puts load on a site."""

    async def run(self) -> Summary:
        """Do it all, and return what came of it."""

    def progress(self) -> tuple[float, str]:
        """Return how much of it is done, 0 to 1, and what to say of it."""


def run(options: argparse.Namespace, stop: Callable[[], asyncio.Event], say: Callable[[str], None]) -> ExitCode:
    """Run what the command line asks for, and print what came of it.

    Arguments:
        stop: called with the loop running; its event ends the run early.
        say: tells a sentence.
    """
    if (problem := room_for(_connections(options))) is not None:
        say(problem)
        return ExitCode.UNREACHABLE
    try:
        summary = asyncio.run(_watch(options, stop, say))
    except NotLetIn as problem:
        say(str(problem))
        return ExitCode.UNREACHABLE
    if options.report:
        options.report.write_text(as_page(summary, shlex.join(["python", "-m", "clients.load", *sys.argv[1:]])))
    if options.json:
        print(as_json(summary))
    else:
        print_summary(summary, Console())
    return ExitCode.WRONG if summary.problems else ExitCode.DONE


def _connections(options: argparse.Namespace) -> int:
    if options.what in ("fanout", "chat"):
        return int(options.rooms * (options.readers + 1))
    return int(options.max)


async def _watch(options: argparse.Namespace, stop: Callable[[], asyncio.Event], say: Callable[[str], None]) -> Summary:
    work = build(options, stop(), say)
    console = Console(stderr=True)
    if options.json or not console.is_terminal:
        return await work.run()
    with Progress(TextColumn("{task.description}"), BarColumn(), console=console, transient=True) as bar:
        task = bar.add_task("connecting", total=1.0)
        running = asyncio.create_task(work.run())
        while not running.done():
            done, words = work.progress()
            bar.update(task, completed=done, description=words)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK):
                    await asyncio.wait([running])
        return running.result()


def build(options: argparse.Namespace, stop: asyncio.Event, say: Callable[[str], None]) -> Run:
    """Return the run that the command line asks for."""
    site = Site(Server(options.url, options.token or ""), path=options.path, stream=options.stream, size=options.size)
    if options.what == "connect":
        return connect.Connect(
            connect.Order(
                site=site,
                rooms=options.rooms,
                connections=options.max,
                rate=options.rate,
                hold=options.duration,
            ),
            stop,
            say,
        )
    if options.what == "storm":
        order = storm.Order(site=site, rooms=options.rooms, readers=options.max, behind=options.behind)
        return storm.Storm(order, say)
    return fanout.Fanout(
        fanout.Order(
            site=site,
            rooms=options.rooms,
            readers=options.readers,
            window=options.window,
            rate=options.rate,
            duration=options.duration,
            most=options.max,
            seed=options.seed,
        ),
        stop,
        say,
    )
