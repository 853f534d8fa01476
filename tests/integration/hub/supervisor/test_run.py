"""The life of a hub whose parts are small scripts: what is started, said and stopped, and when."""

import asyncio
import io
import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.supervisor import run as run_module
from hub.supervisor.listener import listen
from hub.supervisor.output import Output
from hub.supervisor.parts import Part
from hub.supervisor.plan import Plan
from hub.supervisor.refusal import ExitCode, StartRefused
from hub.supervisor.run import Supervisor
from tests.servers import own_children

_WAIT = "import signal; print('up', flush=True); signal.pause()"
_SAYS_GOODBYE = """
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(print('goodbye', flush=True)))
print('up', flush=True)
while True: signal.pause()
"""
#: Answers every request with the status and body that it is given.
_SERVER = """
import socket, sys
listener = socket.socket(fileno=int(sys.argv[1])); listener.setblocking(True)
while True:
    connection, _ = listener.accept(); connection.recv(4096)
    connection.sendall(f"HTTP/1.0 {sys.argv[2]} X\\r\\n\\r\\n{sys.argv[3]}".encode()); connection.close()
"""


@pytest.fixture
def shared() -> Iterator[socket.socket]:
    with listen("127.0.0.1", 0) as listener:
        yield listener


def script(name: str, text: str, *arguments: str, inherits: tuple[int, ...] = ()) -> Part:
    """Return a part that runs a Python script."""
    return Part(name=name, command=(sys.executable, "-c", text, *arguments), grace=5.0, inherits=inherits)


def plan(shared: socket.socket, *, web: str = _WAIT, arguments: tuple[str, ...] = (), worker: str = _WAIT) -> Plan:
    """Return a plan of scripts, without Redis."""
    descriptor = shared.fileno()
    return Plan(
        redis=None,
        web=[script("web.1", web, str(descriptor), *arguments, inherits=(descriptor,))],
        worker=script("worker", worker),
        beat=script("beat", _WAIT),
        listener=shared,
        host_header="localhost",
        notes=["This is a note."],
        welcome=["Welcome"],
    )


async def run_until(said: list[str], wanted: Plan, *signals: signal.Signals) -> tuple[ExitCode, str]:
    """Run a hub, send the signals once it has `said` all that, and return its exit code and all it said."""
    screen, before = io.StringIO(), own_children()
    names = [part.name for part in wanted.parts]
    task = asyncio.create_task(Supervisor(wanted, Output(screen, names, colour=False)).run())
    async with asyncio.timeout(20):
        while not all(words in screen.getvalue() for words in said) and not task.done():
            await asyncio.sleep(0.01)
        for number in signals:
            os.kill(os.getpid(), number)
            await asyncio.sleep(0.05)
        code = await task
    assert own_children() == before
    return code, screen.getvalue()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_it_is_ready_when_health_answers_200(shared: socket.socket, number: signal.Signals) -> None:
    wanted = plan(shared, web=_SERVER, arguments=("200", "{}"))
    code, said = await run_until(["Welcome"], wanted, number)
    assert code == ExitCode.STOPPED
    assert said.startswith("hub    | This is a note.\n")
    assert "\n\nWelcome\n\n" in said


async def test_a_hub_that_is_not_ready_names_the_parts(shared: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "_READY_PATIENCE", 0.5)
    body = '{"parts": {"database": "ok", "redis": "no answer"}}'
    wanted = plan(shared, web=_SERVER, arguments=("503", body), worker="raise SystemExit(3)")
    _, said = await run_until(["Not ready"], wanted, signal.SIGTERM)
    assert "hub    | Not ready after 0.5 s: worker (exited with code 3), redis (no answer).\n" in said
    assert "Welcome" not in said


async def test_the_worker_is_stopped_after_the_server_processes_have_ended(shared: socket.socket) -> None:
    wanted = plan(shared, web=_SAYS_GOODBYE, worker=_SAYS_GOODBYE)
    _, said = await run_until(["web.1  | up\n", "worker | up\n"], wanted, signal.SIGTERM)
    assert said.index("web.1  | goodbye") < said.index("worker | goodbye")
    assert said.endswith("hub    | Stopped.\n")


async def test_a_second_sigterm_does_not_cut_the_stop_short(shared: socket.socket) -> None:
    # One to the process group of `make` arrives twice: from the sender and from make.
    slow = _SAYS_GOODBYE.replace("sys.exit(", "sys.exit(time.sleep(0.3) or ").replace("import ", "import time, ")
    wanted = plan(shared, web=slow)
    code, said = await run_until(["web.1  | up\n"], wanted, signal.SIGTERM, signal.SIGTERM)
    assert code == ExitCode.STOPPED
    assert "web.1  | goodbye" in said


async def test_a_second_ctrl_c_does_not_wait(shared: socket.socket) -> None:
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + _WAIT
    code, said = await run_until(["web.1  | up\n"], plan(shared, web=deaf), signal.SIGINT, signal.SIGINT)
    assert code == ExitCode.KILLED
    assert "did not stop within" not in said


async def test_a_redis_that_does_not_start_is_refused(
    shared: socket.socket, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(run_module, "_REDIS_PATIENCE", 0.5)
    wanted = plan(shared)
    broken = script("redis", "raise SystemExit(1)")
    with pytest.raises(StartRefused, match=r"The private Redis did not start: it exited with code 1\.") as refusal:
        await run_until(["Stopped"], Plan(**(vars(wanted) | {"redis": (broken, tmp_path / "redis.sock")})))
    assert refusal.value.code is ExitCode.REDIS
