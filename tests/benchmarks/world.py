"""All that the scenarios need around them: Redis, databases with users in them, and servers on request."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Literal

from hub.supervisor import parts
from tests.benchmarks import servers
from tests.benchmarks.cores import Cores
from tests.benchmarks.measured import Usage
from tests.benchmarks.servers import RunningServer
from tests.postgresql import find_binaries, running_postgresql
from tests.servers import ROOT, environment_of, manage, running_redis

Database = Literal["sqlite", "postgresql"]
Layer = Literal["core", "pubsub"]

#: Users in each database, and groups that each have a part of them.
USERS, ROOMS = 10_000, 1_000
SETTINGS = "tests.benchmarks.site.settings"


class NotMeasured(Exception):
    """Something is missing for a row. Its text is a sentence."""


class Site:
    """A hub's state: a database with the users in it.

    Arguments:
        directory: for what the hub writes.
        env: its environment.
        users: how many there are.
    """

    def __init__(self, directory: Path, env: dict[str, str], users: int) -> None:
        self.directory = directory
        self.env = env
        done = manage(env, "migrate", "--no-input", timeout=120)
        assert done.returncode == 0, done.stderr
        file = directory / "credentials.json"
        command = [sys.executable, "-m", "tests.benchmarks.site.seed", str(users), str(ROOMS), str(file)]
        subprocess.run(command, cwd=ROOT, env=env, check=True, timeout=120)
        credentials = json.loads(file.read_text())
        #: Of each user, by number.
        self.tokens: list[str] = [one["token"] for one in credentials]
        self.sessions: list[str] = [one["session"] for one in credentials]

    def run(self, module: str, *arguments: str, timeout: float = 120.0) -> str:
        """Run a Python module beside the hub, and return what it prints."""
        command = [sys.executable, "-m", module, *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.env, check=True, timeout=timeout, stdout=subprocess.PIPE)
        return done.stdout.decode()

    def started(self, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a Python module beside the hub; what it prints can be read."""
        command = [sys.executable, "-m", module, *arguments]
        return subprocess.Popen(command, cwd=ROOT, env=self.env, stdout=subprocess.PIPE)


class World:
    """Starts what is asked for, once, and ends it with the block.

    Arguments:
        cores: which core does what.
        users: in each database.
    """

    def __init__(self, cores: Cores, users: int = USERS) -> None:
        self.cores = cores
        self._users = users
        self._stack = ExitStack()
        self._sites: dict[Database, Site] = {}

    def __enter__(self) -> "World":
        # A short path: that of a Unix socket inside is limited.
        self.directory = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="hubbub-")))
        return self

    def __exit__(self, *args: object) -> None:
        self._stack.close()

    @cached_property
    def redis_url(self) -> str:
        """The address of a private Redis, which is started for it."""
        unix_socket = self.directory / "redis" / "redis.sock"
        self._stack.enter_context(running_redis(unix_socket))
        return f"unix://{unix_socket}"

    def site(self, database: Database) -> Site:
        """Return a hub's state on a database, made when it is first asked for.

        Raises:
            NotMeasured: this machine has no such database.
        """
        if database not in self._sites:
            url = self._postgresql_url if database == "postgresql" else ""
            directory = self.directory / database
            directory.mkdir()
            more = {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": SETTINGS, "HUBBUB_LIMITS": "off"}
            more |= {"LOG_LEVEL": "WARNING", "REDIS_URL": self.redis_url, "HUBBUB_LAYER_PREFIX": database}
            self._sites[database] = Site(directory, environment_of(directory, **more), self._users)
        return self._sites[database]

    @cached_property
    def _postgresql_url(self) -> str:
        if find_binaries() is None:
            raise NotMeasured("this machine has no PostgreSQL")
        return self._stack.enter_context(running_postgresql(durable=True)).url

    def hub(self, database: Database = "sqlite", **env: str) -> AbstractContextManager[RunningServer]:
        """Run one server process of the hub, as `manage.py hub` does.

        Arguments:
            env: more of its environment.
        """
        site, listener = self.site(database), servers.listener()
        command = servers.hub_command(listener.fileno())
        return servers.running(command, listener, site.env | env, self.cores, site.directory / "server.log")

    @contextmanager
    def worker(self, database: Database) -> Iterator[Usage]:
        """Run a Celery worker beside the hub, on the load's core, as `manage.py hub` does."""
        site = self.site(database)
        with servers.working(parts.worker().command, site.env, site.directory / "worker.log") as process_id:
            yield Usage(process_id)

    def stock(self, layer: Layer) -> AbstractContextManager[RunningServer]:
        """Run the stock chat."""
        listener = servers.listener()
        env = servers.own_environment() | {"STOCK_LAYER": layer, "STOCK_REDIS": self.redis_url}
        command = servers.stock_command(listener.fileno())
        return servers.running(command, listener, env, self.cores, self.directory / "stock.log")

    @contextmanager
    def floor(self, *, joined: bool = False) -> Iterator[RunningServer]:
        """Run the floor.

        Arguments:
            joined: whether messages that arrive together go out together.
        Raises:
            NotMeasured: there is no C compiler.
        """
        if self._floor is None:
            raise NotMeasured("this machine has no C compiler")
        listener = servers.listener()
        command = (str(self._floor), str(listener.fileno()), str(int(joined)))
        env, log = servers.own_environment(), self.directory / "floor.log"
        with servers.running(command, listener, env, self.cores, log) as server:
            yield server

    @cached_property
    def _floor(self) -> Path | None:
        return servers.compile_floor(self.directory)
