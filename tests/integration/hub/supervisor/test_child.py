"""A part that is kept running, with real processes."""

import asyncio
import io
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from textwrap import dedent

import psutil
import pytest

from hub.supervisor.child import Child, ending
from hub.supervisor.output import Output
from hub.supervisor.parts import Part
from tests.servers import ROOT, alive, own_children, wait_until

#: Says what it is asked to and waits; it ends at SIGTERM at once.
_WAIT = "import signal; print('up', flush=True); signal.pause()"
#: The same, but it takes no hint.
_DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + _WAIT


@asynccontextmanager
async def running(script: str, *, grace: float = 5.0) -> AsyncIterator[tuple[Child, io.StringIO]]:
    """Run a Python script as a part, and give what it says."""
    screen = io.StringIO()
    part = Part(name="part", command=(sys.executable, "-c", script), grace=grace)
    child = Child(part, Output(screen, ["part"], colour=False))
    child.start()
    try:
        yield child, screen
    finally:
        await child.stop()


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition while the event loop goes on."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


async def test_what_a_part_says_comes_out_line_by_line() -> None:
    script = "import sys; print('one'); print('two', file=sys.stderr); print('no end', end=''); " + _WAIT
    async with running(script) as (_, screen):
        await until(lambda: "no endup" in screen.getvalue())
    assert screen.getvalue().splitlines() == ["part | one", "part | two", "part | no endup"]


async def test_a_part_that_dies_is_started_again_and_said_so() -> None:
    async with running("import sys; print('hello'); sys.exit(3)") as (_, screen):
        await until(lambda: screen.getvalue().count("part | hello") == 2)
    assert "hub  | part exited with code 3; it is started again in 0.5 s." in screen.getvalue()


async def test_the_last_words_of_a_part_that_dies_are_heard() -> None:
    async with running("print('last words', end=''); import os, signal; os.kill(os.getpid(), 9)") as (_, screen):
        await until(lambda: "started again" in screen.getvalue())
    # Python had them in its buffer when it was killed, unless it writes at once.
    assert screen.getvalue().startswith("part | last words\nhub  | part was killed by SIGKILL;")


async def test_a_part_that_is_stopped_is_not_started_again() -> None:
    async with running(_WAIT) as (child, screen):
        await until(lambda: "up" in screen.getvalue())
        await child.stop()
        assert not child.is_running
        assert child.last_ending == "was killed by SIGTERM"
    assert "started again" not in screen.getvalue()


async def test_a_stop_during_the_pause_ends_at_once() -> None:
    async with running("raise SystemExit(1)") as (child, screen):
        await until(lambda: "in 1 s" in screen.getvalue())
        async with asyncio.timeout(0.9):
            await child.stop()


async def test_a_stop_right_after_the_start_leaves_nothing() -> None:
    before = own_children()
    async with running(_WAIT) as (child, _):
        await asyncio.sleep(0)
        await child.stop()
        assert not child.is_running
    assert own_children() == before


async def test_a_part_that_does_not_stop_is_killed_and_said_so() -> None:
    async with running(_DEAF, grace=0.2) as (child, screen):
        await until(lambda: "up" in screen.getvalue())
    assert child.last_ending == "was killed by SIGKILL"
    assert "hub  | part did not stop within 0.2 s and is killed." in screen.getvalue()


async def test_a_part_that_is_replaced_is_started_again_and_said_so() -> None:
    async with running(_WAIT) as (child, screen):
        await until(lambda: "up" in screen.getvalue())
        before = child.pid
        await child.replace("hangs")
        await until(lambda: screen.getvalue().count("part | up") == 2)
        assert child.pid not in (before, None)
    assert screen.getvalue().startswith(
        "part | up\nhub  | part hangs; it is replaced.\nhub  | part was killed by SIGTERM;"
    )


async def test_a_part_that_is_stopped_dead_is_replaced_all_the_same() -> None:
    # A handler of its own cannot run, and SIGTERM without one would end it.
    async with running(_DEAF, grace=0.2) as (child, screen):
        await until(lambda: "up" in screen.getvalue())
        assert child.pid is not None
        os.kill(child.pid, signal.SIGSTOP)
        await child.replace("hangs")
        await until(lambda: screen.getvalue().count("part | up") == 2)
    assert "part was killed by SIGKILL" in screen.getvalue()


async def test_a_kill_reaches_what_the_part_started() -> None:
    script = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {_DEAF!r}]); " + _WAIT
    before = own_children()
    async with running(script) as (child, screen):
        await until(lambda: screen.getvalue().count("up") == 2)
        started = list(own_children() - before)
        assert len(started) == 2
        child.kill()
    wait_until(lambda: not alive(started), "the part and its child to be gone")


async def test_a_command_that_is_not_there_is_a_death_like_any_other() -> None:
    screen = io.StringIO()
    child = Child(Part(name="part", command=("/no/such/program",), grace=1.0), Output(screen, ["part"], colour=False))
    child.start()
    await until(lambda: "started again" in screen.getvalue())
    await child.stop()
    assert screen.getvalue().startswith(
        "part | /no/such/program cannot be started: No such file or directory\nhub  | part exited with code 127;"
    )


def test_a_part_dies_with_its_supervisor() -> None:
    script = dedent(f"""
        import asyncio, sys
        from hub.supervisor.child import Child
        from hub.supervisor.output import Output
        from hub.supervisor.parts import Part

        async def main():
            part = Part(name="part", command=(sys.executable, "-c", {_DEAF!r}), grace=5.0)
            await Child(part, Output(sys.stdout, ["part"], colour=False)).start()

        asyncio.run(main())
    """)
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE) as supervisor:
        assert supervisor.stdout is not None
        assert supervisor.stdout.readline() == b"part | up\n"
        started = psutil.Process(supervisor.pid).children(recursive=True)
        supervisor.kill()
    assert started
    wait_until(lambda: not alive(started), "the part to be gone")


@pytest.mark.parametrize(
    ("code", "expected"), [(0, "exited with code 0"), (1, "exited with code 1"), (-9, "was killed by SIGKILL")]
)
def test_an_ending_is_told_in_words(code: int, expected: str) -> None:
    assert ending(code) == expected


async def test_a_part_has_a_session_of_its_own() -> None:
    before = own_children()
    async with running(_WAIT) as (_, screen):
        await until(lambda: "up" in screen.getvalue())
        (part,) = own_children() - before
        assert os.getsid(part.pid) == part.pid
