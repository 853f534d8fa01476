"""Server processes are told to end, one after the other, while their clients are at work."""

import asyncio
import signal
import time
from typing import Any

import psutil

from clients.load.link import ABNORMAL
from tests.chaos.scene import PATIENCE, Scene, Unhealed, until

#: Seconds between two restarts.
BREATH = 1.0
#: Seconds in which a server process has to be gone: its own limit is 9, on a machine that has time for it.
GONE = 12.0


async def roll(scene: Scene) -> str:
    """SIGTERM one server process after the other, each when the one before is back.

    Raises:
        Unhealed: one did not end in time, or had to be killed.
    """
    slowest, said_before = 0.0, len(scene.hub.lines)
    for victim in scene.web():
        before = scene.listening()
        slowest = max(slowest, await _end(victim))
        await until(lambda before=before: scene.listening() > before, "the server process to be back")  # type: ignore[misc]
        await asyncio.sleep(BREATH)
    if any("was killed by" in line for line in scene.hub.lines[said_before:]):
        raise Unhealed("expected the server processes to end by themselves")
    return f"SIGTERM, drain: each was gone within {slowest:.1f} s"


async def _end(victim: psutil.Process) -> float:
    """Send SIGTERM, and wait until the process is gone. Returns after how many seconds it was."""
    began = time.monotonic()
    victim.send_signal(signal.SIGTERM)
    await until(lambda: not victim.is_running() or victim.status() == psutil.STATUS_ZOMBIE, "an end", seconds=PATIENCE)
    seconds = time.monotonic() - began
    if seconds > GONE:
        raise Unhealed(f"expected a server process to be gone within {GONE:g} s of SIGTERM, it took {seconds:.1f} s")
    return seconds


def nobody_was_cut_off(load: dict[str, Any]) -> list[str]:
    """Return what a restart must not do to clients: end a connection without a word, or lose the outcome of a post.

    That an attempt had to be repeated is no such thing: a command that takes longer than the drain waits for it.
    """
    found = []
    if cut := load["closes"].get(str(ABNORMAL), 0):
        found.append(f"{cut} connections of readers were cut without a close frame")
    if load["unknown"] or load["refused"]:
        found.append(f"{load['unknown']} posts have no outcome, {len(load['refused'])} were refused")
    return found


def longest_silence(load: dict[str, Any]) -> str:
    """Return for how long a reader was without a connection, as a sentence for the table."""
    return f"no reader was without a connection for more than {load['longest_silence']:.1f} s"
