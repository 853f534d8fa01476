"""Keeps one part running: starts it, passes on what it says, starts it again when it dies, and stops it."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from contextlib import suppress
from pathlib import Path

from hub.conf import BASE_DIR, var_dir
from hub.supervisor.lines import LineSplitter
from hub.supervisor.output import Output
from hub.supervisor.parts import Part
from hub.supervisor.restarts import Restarts

_LAUNCH = Path(__file__).with_name("launch.py")
_CHUNK = 65_536
#: Seconds for reading what a process that ended has left in its pipe.
_LAST_WORDS = 1.0
#: Seconds after which a part that was started again is taken to be well.
_STEADY = 5.0


def ending(code: int) -> str:
    """Return how a process ended, for a sentence: `exited with code 1`, `was killed by SIGKILL`."""
    if code >= 0:
        return f"exited with code {code}"
    return f"was killed by {signal.Signals(-code).name}"


class Child:
    """One part. `start` it once; it is kept running until `stop`."""

    def __init__(self, part: Part, output: Output) -> None:
        self.part = part
        self._output = output
        self._process: Process | None = None
        self._stopping = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._started = 0.0
        #: How it ended last; None while it has not.
        self.last_ending: str | None = None

    @property
    def is_running(self) -> bool:
        """Whether there is a process right now."""
        return self._process is not None

    @property
    def pid(self) -> int | None:
        """The id of its process, right now."""
        return self._process.pid if self._process is not None else None

    @property
    def trouble(self) -> str | None:
        """How it ended last, when it does not run, or runs again for a few seconds only; None when it is well."""
        age = asyncio.get_running_loop().time() - self._started
        return None if self.is_running and age > _STEADY else self.last_ending

    def start(self) -> asyncio.Task[None]:
        """Start the part, and keep it running. The task returned ends when the part is stopped."""
        self._keeper = asyncio.create_task(self._keep_running(), name=self.part.name)
        return self._keeper

    async def stop(self) -> None:
        """Ask the part to end, wait for its grace, then kill it. Returns when it is gone."""
        if self._keeper is None:
            return
        self._stopping.set()
        if self._process is not None:
            self._signal(self._process, signal.SIGTERM)
        _, pending = await asyncio.wait([self._keeper], timeout=self.part.grace)
        if pending:
            self._output.say(f"{self.part.name} did not stop within {self.part.grace:g} s and is killed.")
            self.kill()
            await asyncio.wait([self._keeper])

    def kill(self) -> None:
        """End the part and everything that it started, at once."""
        self._stopping.set()
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    async def replace(self, why: str) -> None:
        """End the process that runs now, by force where it does not end within its grace; another one follows.

        Arguments:
            why: what it has done, for a sentence.
        """
        if (process := self._process) is None:
            return
        self._output.say(f"{self.part.name} {why}; it is replaced.")
        self._signal(process, signal.SIGTERM)
        try:
            async with asyncio.timeout(self.part.grace):
                await process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()

    async def _keep_running(self) -> None:
        restarts, clock = Restarts(), asyncio.get_running_loop().time
        while not self._stopping.is_set():
            self._started = clock()
            self.last_ending = await self._run_once()
            if self._stopping.is_set():
                return
            pause = restarts.pause_after(clock() - self._started)
            self._output.say(f"{self.part.name} {self.last_ending}; it is started again in {pause:g} s.")
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._stopping.wait()

    async def _run_once(self) -> str:
        try:
            process = await self._spawn()
        except OSError as error:
            return f"could not be started ({error})"
        self._process = process
        if self._stopping.is_set():
            # `stop` came while the process was being made and could not reach it.
            self._signal(process, signal.SIGTERM)
        speech = asyncio.create_task(self._pass_on(process))
        code = await process.wait()
        self._process = None
        # A process of its own that it left behind may hold the pipe open: that one is not waited for.
        await asyncio.wait([speech], timeout=_LAST_WORDS)
        speech.cancel()
        return ending(code)

    async def _spawn(self) -> Process:
        launch = (sys.executable, "-I", "-S", str(_LAUNCH), str(os.getpid()))
        return await asyncio.create_subprocess_exec(
            *launch,
            *self.part.command,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
            cwd=BASE_DIR,
            # Made absolute, since the parts run in another directory than their caller perhaps did.
            env=os.environ | {"HUBBUB_VAR": str(var_dir()), "PYTHONUNBUFFERED": "1"},
            pass_fds=self.part.inherits,
            # A terminal's Ctrl-C and hang-up reach the supervisor alone, which then stops the parts in order.
            start_new_session=True,
        )

    async def _pass_on(self, process: Process) -> None:
        assert process.stdout is not None
        splitter = LineSplitter()
        while data := await process.stdout.read(_CHUNK):
            self._tell(splitter.feed(data))
        self._tell(splitter.feed(b"", final=True))

    def _tell(self, lines: list[str]) -> None:
        for line in lines:
            self._output.line(self.part.name, line)

    @staticmethod
    def _signal(process: Process, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            process.send_signal(number)
