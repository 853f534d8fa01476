"""The life of a running hub: start in order, say when it is ready, watch, stop in order."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from hub import redis_server
from hub.conf import var_dir
from hub.supervisor.child import Child
from hub.supervisor.listener import local_address
from hub.supervisor.output import Output, wants_colour
from hub.supervisor.parts import Part
from hub.supervisor.plan import Plan
from hub.supervisor.readiness import ask_health
from hub.supervisor.refusal import ExitCode, StartRefused
from hub.supervisor.watching import watch

#: Seconds in which the private Redis has to answer.
_REDIS_PATIENCE = 10.0
#: Seconds after which a hub that is not ready is spoken of.
_READY_PATIENCE = 30.0
_POLL = 0.1


class Supervisor:
    """Runs one plan to its end."""

    def __init__(self, plan: Plan, output: Output) -> None:
        self._plan = plan
        self._output = output
        self._children = {part.name: Child(part, output) for part in plan.parts}
        self._exit_code = ExitCode.STOPPED
        self._stopping = False

    async def run(self) -> ExitCode:
        """Keep the hub running until a signal ends it, and return what to exit with.

        Raises:
            StartRefused: the private Redis does not start.
        """
        work = asyncio.create_task(self._start_and_watch())
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, self._on_signal, number, work)
        try:
            await asyncio.wait([work])
        finally:
            await self._stop_in_order()
        if not work.cancelled():
            work.result()
        self._output.say("Stopped.")
        return self._exit_code

    def _on_signal(self, number: signal.Signals, work: asyncio.Task[None]) -> None:
        if not self._stopping:
            self._stopping = True
            self._output.say("Stopping; press Ctrl-C again to kill everything at once.")
            work.cancel()
        elif number == signal.SIGINT:
            # Only Ctrl-C counts twice: a SIGTERM to the process group of `make` comes here once directly and once
            # more from make.
            self._exit_code = ExitCode.KILLED
            for child in self._children.values():
                child.kill()

    async def _start_and_watch(self) -> None:
        for note in self._plan.notes:
            self._output.say(note)
        if self._plan.redis:
            await self._start_redis(*self._plan.redis)
        names = [part.name for part in self._plan.parts if part.name != "redis"]
        kept = [self._children[name].start() for name in names]
        ready = asyncio.create_task(self._say_when_ready())
        watching = asyncio.create_task(watch(self._children[self._plan.worker.name]))
        try:
            # A child's task ends by an error of ours alone; then the hub must not go on half watched.
            done, _ = await asyncio.wait([ready, watching, *kept], return_when=asyncio.FIRST_EXCEPTION)
        finally:
            ready.cancel()
            watching.cancel()
        for task in done:
            task.result()

    async def _start_redis(self, part: Part, unix_socket: Path) -> None:
        child = self._children[part.name]
        child.start()
        try:
            async with asyncio.timeout(_REDIS_PATIENCE):
                while not redis_server.answers(unix_socket):
                    await asyncio.sleep(_POLL)
        except TimeoutError:
            state = child.last_ending or "does not answer"
            log = var_dir() / "redis" / redis_server.LOG_NAME
            raise StartRefused(
                ExitCode.REDIS, f"The private Redis did not start: it {state}. What it says is in {log}."
            ) from None

    async def _say_when_ready(self) -> None:
        clock = asyncio.get_running_loop().time
        complain_at = clock() + _READY_PATIENCE
        address = local_address(self._plan.listener)
        health = None
        while health is None or not health.is_ready:
            health = await ask_health(address, self._plan.host_header)
            if clock() >= complain_at:
                complaints = [*self._missing(), *(health.complaints if health else ["/health (does not answer)"])]
                self._output.say(f"Not ready after {_READY_PATIENCE:g} s: {', '.join(complaints)}.")
                complain_at = float("inf")
            await asyncio.sleep(_POLL)
        self._output.announce(*self._plan.welcome)

    def _missing(self) -> list[str]:
        return [f"{name} ({child.trouble})" for name, child in self._children.items() if child.trouble]

    async def _stop_in_order(self) -> None:
        """Stop the edges first, and last what the others need to finish."""
        # Once the server processes have closed theirs too, a new connection is refused instead of left to wait.
        self._plan.listener.close()
        beat = [self._plan.beat] if self._plan.beat else []
        redis = [self._plan.redis[0]] if self._plan.redis else []
        for group in (self._plan.web, beat, [self._plan.worker], redis):
            await asyncio.gather(*(self._children[part.name].stop() for part in group))


def run(plan: Plan, *, colour: bool | None = None) -> ExitCode:
    """Run the hub in the foreground, and return what to exit with. Colours as told, else where they are seen."""
    if colour is None:
        colour = wants_colour(sys.stdout, os.environ)
    output = Output(sys.stdout, [part.name for part in plan.parts], colour=colour)
    return asyncio.run(Supervisor(plan, output).run())
