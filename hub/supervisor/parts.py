"""What a running hub consists of: the command line of each part."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hub.conf import conf
from hub.redis_server import start_command


@dataclass(frozen=True, kw_only=True)
class Part:
    """One process that the supervisor keeps running."""

    #: Shown before each of its lines, e.g. `web.1`.
    name: str
    command: Sequence[str]
    #: Seconds between SIGTERM, which lets it finish what it has begun, and SIGKILL.
    grace: float
    #: File descriptors that it inherits.
    inherits: tuple[int, ...] = ()


def redis(binary: Path, unix_socket: Path, directory: Path) -> Part:
    """Return the private Redis."""
    return Part(name="redis", command=start_command(binary, unix_socket, directory), grace=5.0)


def web(number: int, listener: int) -> Part:
    """Return the server process with this number, which accepts from the socket with descriptor `listener`."""
    options = {
        "--fd": str(listener),
        # A connection that is dead is noticed within half a minute.
        "--ping-interval": "20",
        "--ping-timeout": "10",
        # Nothing here grows old with a connection; Daphne would end each after a day, by a code that calls nobody back.
        "--websocket_timeout": "-1",
        "--websocket-max-message-size": str(conf.MAX_MESSAGE_SIZE),
        "--websocket-max-frame-size": str(conf.MAX_MESSAGE_SIZE),
        "--trusted-proxies": ",".join(conf.TRUSTED_PROXIES),
    }
    command = _python("hub.server", *(f"{name}={value}" for name, value in options.items()), "asgi:application")
    return Part(name=f"web.{number}", command=command, grace=10.0, inherits=(listener,))


def worker() -> Part:
    """Return the Celery worker."""
    # Workers that ask each other how they are do no work better, and fail noisily when Redis restarts.
    alone = ("--without-gossip", "--without-mingle")
    options = ("--loglevel=INFO", "--pool=gevent", "-Q", "default", "--concurrency=10", *alone)
    return Part(name="worker", command=_celery("worker", *options), grace=10.0)


def beat() -> Part:
    """Return Celery's clock. It writes no pid file: one left by a crash would keep the next one from starting."""
    options = ("--loglevel", "INFO", "--pidfile=")
    return Part(name="beat", command=_celery("beat", *options), grace=5.0)


def _celery(role: str, *options: str) -> tuple[str, ...]:
    # Quiet leaves out the banner, not the log.
    return _python("celery", "--quiet", "-A", "hub", role, *options)


def _python(module: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", module, *arguments)
