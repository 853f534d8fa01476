"""Where a fault happens: a real hub in processes of its own, and load on it."""

import asyncio
import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import psutil
import redis

from clients.load.link import Server, request
from tests import servers
from tests.chaos.proxy import FaultProxy
from tests.postgresql import PostgreSQL
from tests.servers import ROOT, HubServer

#: Server processes.
WORKERS = 3
#: Seconds in which a fault has to be healed.
PATIENCE = 60.0
#: Answers of `/health` in a row that have to be good: any server process may give one.
GOOD_ANSWERS = 12


class Unhealed(Exception):
    """Something was expected to come about after a fault, and did not. Its text is a sentence."""


class NotRun(Exception):
    """This machine cannot bring a fault about. Its text is a sentence."""


@contextmanager
def prepared() -> Iterator[Path]:
    """Give the state of a hub with the demo data: a pattern to be copied."""
    with servers.temporary_var() as var:
        make_data(servers.environment_of(var))
        yield var


def make_data(env: dict[str, str]) -> None:
    """Make the tables, and load the demo."""
    for command in (("migrate", "--no-input"), ("demo",)):
        done = servers.manage(env, *command)
        assert done.returncode == 0, done.stdout + done.stderr


@dataclass
class Scene:
    """A hub under load."""

    hub: HubServer
    #: Where clients come in; behind a proxy where the fault is one of the network.
    url: str
    chance: Random
    #: Between clients and hub, and between hub and Redis, where there is one.
    client_proxy: FaultProxy | None = None
    redis_proxy: FaultProxy | None = None
    #: The hub's database where it is not SQLite, and the proxy before it.
    postgresql: PostgreSQL | None = None
    database_proxy: FaultProxy | None = None
    #: What the length of faults that last is multiplied by.
    scale: float = 1.0
    #: What programs of the fault's own have said, to be judged like what the hub says.
    said_besides: str = ""
    #: Ends what a fault has started, where it starts something.
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    tokens: dict[str, str] = field(default_factory=dict)

    async def start_anew(self) -> None:
        """Start another hub on the state of the one that has ended; the proxy leads clients to it."""
        if self.client_proxy is None:
            raise TypeError("this fault needs clients to come through a proxy, and its row does not ask for one")
        self.said_besides += f"{self.hub.output}\n"
        self.hub = await self.stack.enter_async_context(_started(self.hub.var, self.hub.env))
        self.client_proxy.lead_to(port_of(self.hub))

    def token(self, username: str = "demo") -> str:
        """Return a token of a demo user."""
        if username not in self.tokens:
            # For a whole soak, and whatever the clock is set to meanwhile.
            done = self.hub.manage("token", username, "--ttl", "86400")
            assert done.returncode == 0, done.stderr
            self.tokens[username] = done.stdout.strip()
        return self.tokens[username]

    def server(self, username: str = "demo") -> Server:
        """Return the way to the hub for the clients, as a demo user."""
        return Server(self.url, self.token(username))

    def web(self) -> list[psutil.Process]:
        """Return the server processes."""
        return self.hub.processes_of("hub.server")

    def redis_process(self) -> psutil.Process:
        """Return the private Redis."""
        return self.hub.processes_of("redis-server")[0]

    def redis(self) -> redis.Redis:
        """Return a client of the private Redis."""
        return redis.Redis(unix_socket_path=str(self.hub.var / "redis" / "redis.sock"), socket_timeout=5)

    async def replace(self, victims: list[psutil.Process], number: signal.Signals) -> None:
        """Send a signal to server processes, and wait until as many others serve."""
        before = self.listening()
        for victim in victims:
            victim.send_signal(number)
        await until(lambda: self.listening() >= before + len(victims), "the server processes to be back")

    def listening(self) -> int:
        """Return how many times a server process has begun to serve."""
        return len(re.findall(r"(?m)^web\.\d +\|.*Listening on", self.hub.output))

    async def healed(self) -> None:
        """Wait until the hub says that all is well, whichever process is asked."""
        good = 0

        def look() -> bool:
            nonlocal good
            good = good + 1 if is_healthy(self.hub.url) else 0
            return good >= GOOD_ANSWERS

        await until(look, "the hub to be healthy")

    def health(self) -> tuple[int, dict[str, Any]]:
        """Return the status of `/health`, and its body."""
        try:
            with urllib.request.urlopen(f"{self.hub.url}/health", timeout=5) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    async def worker_works(self, name: str) -> None:
        """Have the Celery worker do something, and wait until it has."""
        code = f"from notifications.tasks import notify; notify.delay('demo', title={name!r})"
        done = await asyncio.to_thread(self.hub.manage, "shell", "-c", code)
        if done.returncode:
            raise Unhealed(f"expected to give the worker a task, got: {done.stderr[-300:]}")
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while name not in await self.titles():
            if asyncio.get_running_loop().time() > deadline:
                raise Unhealed(f"expected the worker to do its work within {PATIENCE:g} s")
            await asyncio.sleep(0.25)

    async def titles(self) -> list[str]:
        """Return the titles of all of demo's notifications."""
        titles: list[str] = []
        path = "/api/v1/notifications/?limit=200"
        while True:
            _, page = await request(Server(self.hub.url, self.token()), "GET", path)
            results: Any = page["results"]
            titles += [one["title"] for one in results]
            if page["older"] is None:
                return titles
            path = f"/api/v1/notifications/?limit=200&before={page['older']}"


async def until(condition: Callable[[], bool], what: str, *, seconds: float = PATIENCE) -> None:
    """Wait for a condition.

    Raises:
        Unhealed: it did not come about in time.
    """
    deadline = asyncio.get_running_loop().time() + seconds
    while not await asyncio.to_thread(condition):
        if asyncio.get_running_loop().time() > deadline:
            raise Unhealed(f"expected {what} within {seconds:g} s")
        await asyncio.sleep(0.1)


def is_healthy(url: str) -> bool:
    """Say whether `/health` answers 200 just now."""
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def is_deaf(url: str) -> bool:
    """Say whether a server process that is asked just now hears nothing on the channel layer."""
    try:
        urllib.request.urlopen(f"{url}/health", timeout=5).close()
    except urllib.error.HTTPError as error:
        with error:
            return bool(json.load(error)["parts"]["dispatcher"] != "ok")
    except OSError:
        pass
    return False


@asynccontextmanager
async def running_hub(
    pattern: Path, disk: AbstractContextManager[Path] | None = None, **env: str
) -> AsyncIterator[HubServer]:
    """Run a hub with a copy of the state; it is ended, and its state removed, with the block.

    Arguments:
        disk: gives the directory of its state, a temporary one where absent.
        env: more of its environment. A database named here is made anew.
    """
    with disk or servers.temporary_var() as var:
        shutil.copytree(pattern, var, dirs_exist_ok=True)
        whole = servers.environment_of(var, **({"HUBBUB_LIMITS": "off"} | env))
        if "DATABASE_URL" in env:
            await asyncio.to_thread(make_data, whole)
        async with _started(var, whole) as hub:
            yield hub


@asynccontextmanager
async def _started(var: Path, env: dict[str, str]) -> AsyncIterator[HubServer]:
    hub = HubServer(var, "--workers", str(WORKERS), env=env)
    try:
        await asyncio.to_thread(lambda: hub.url)
        await asyncio.to_thread(hub.wait_for, r"(?m)^worker \| .+ ready\.$", seconds=servers.START)
        yield hub
    finally:
        # A fault may have ended it already.
        for process in hub.processes() if hub.process.poll() is None else []:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGCONT)
        await asyncio.to_thread(hub.end)


def port_of(hub: HubServer) -> int:
    """Return the port that a hub listens on."""
    return int(hub.url.rsplit(":", 1)[1])


@contextmanager
def running_redis_on_tcp(binary: Path) -> Iterator[int]:
    """Run a Redis on a free port of 127.0.0.1 until the block ends. Gives the port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="hubbub-") as directory:
        options = ("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", directory)
        with subprocess.Popen([binary, *options], stdout=subprocess.DEVNULL) as process:
            try:
                servers.wait_until(lambda: _answers(port), "an answer from Redis")
                yield port
            finally:
                process.terminate()


def _answers(port: int) -> bool:
    try:
        return bool(redis.Redis(port=port).ping())
    except redis.RedisError:
        return False


class LoadRun:
    """`python -m clients.load verify`, running.

    Arguments:
        scene: where.
        options: of the command line, besides address and token.
        record: file for everything that happens.
    """

    def __init__(self, scene: Scene, options: dict[str, float], seed: int, record: Path | None = None) -> None:
        verify = ("-m", "clients.load", "verify", "--json")
        self._command = [sys.executable, *verify, "--url", scene.url, "--seed", str(seed)]
        for name, value in options.items():
            self._command += [f"--{name}", f"{value:g}"]
        if record is not None:
            self._command += ["--record", str(record)]
        self._token = scene.token()
        self._env = scene.hub.env
        self._process: asyncio.subprocess.Process | None = None
        self._out: asyncio.Task[bytes] | None = None

    async def __aenter__(self) -> "LoadRun":
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            cwd=ROOT,
            env=self._env | {"HUBBUB_TOKEN": self._token},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=1 << 24,
        )
        assert self._process.stdout is not None and self._process.stderr is not None
        self._out = asyncio.create_task(self._process.stdout.read())
        async with asyncio.timeout(PATIENCE + 30):
            while line := (await self._process.stderr.readline()).decode():
                if line.rstrip().endswith("posting"):
                    return self
        raise Unhealed(f"expected the load to begin: it ended with {await self._process.wait()}")

    async def __aexit__(self, *_: object) -> None:
        assert self._process is not None
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def finish(self) -> dict[str, Any]:
        """End the posting, and return what the run came to."""
        assert self._process is not None and self._out is not None
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE * 2):
            out = await self._out
            code = await self._process.wait()
        if not out.strip():
            assert self._process.stderr is not None
            words = (await self._process.stderr.read()).decode()
            raise Unhealed(f"expected a result of the load, it exited with {code}: {words[-400:]}")
        result: dict[str, Any] = json.loads(out)
        return result
