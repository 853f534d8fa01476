"""From what was asked for to what is run: all checks, and what the hub holds while it runs."""

import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from socket import socket

from django.conf import settings
from django.contrib.auth import get_user_model

from hub import redis_server
from hub.conf import conf, environment, private_redis_socket, var_dir
from hub.supervisor import checks, listener, parts
from hub.supervisor.parts import Part
from hub.supervisor.refusal import ExitCode, StartRefused


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the caller asks for."""

    host: str
    #: 0 means any free one.
    port: int
    #: Server processes.
    workers: int
    beat: bool


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to run."""

    #: The private Redis and its socket; None when another one is used.
    redis: tuple[Part, Path] | None
    web: list[Part]
    worker: Part
    beat: Part | None
    #: What all server processes accept from.
    listener: socket
    #: A name under which the site answers, for the `Host` header.
    host_header: str
    #: What to say at the start.
    notes: list[str]
    #: What to say once it is ready.
    welcome: list[str]

    @property
    def parts(self) -> list[Part]:
        """All parts, in the order in which they are started."""
        redis = [self.redis[0]] if self.redis else []
        return [*redis, *self.web, self.worker, *([self.beat] if self.beat else [])]


def prepare(wish: Wish, held: ExitStack) -> Plan:
    """Check everything, and take what the hub needs for as long as `held` is open.

    Raises:
        StartRefused: something is wrong; the sentence says what to do.
    """
    if environment() == "demo":
        checks.check_demo_host(wish.host)
    checks.check_settings()
    checks.check_writable(var_dir())
    held.enter_context(checks.lock(var_dir()))
    shared = held.enter_context(listener.listen(wish.host, wish.port))
    notes = [] if conf.LIMITS else ["Rate limits are off (HUBBUB_LIMITS=off): for load tests only."]
    redis = _redis(notes)
    checks.check_migrations()
    return Plan(
        redis=redis,
        web=[parts.web(number + 1, shared.fileno()) for number in range(wish.workers)],
        worker=parts.worker(),
        beat=parts.beat() if wish.beat else None,
        listener=shared,
        host_header=_host_header(settings.ALLOWED_HOSTS),
        notes=notes,
        welcome=_welcome(wish.host, shared.getsockname()[1]),
    )


def _redis(notes: list[str]) -> tuple[Part, Path] | None:
    if url := os.environ.get("REDIS_URL"):
        checks.check_redis(url)
        return None
    unix_socket, directory = private_redis_socket(), var_dir() / "redis"
    if redis_server.answers(unix_socket):
        notes.append(f"A private Redis runs already on {unix_socket}: it is used, and left running at the end.")
        return None
    for path in (directory, unix_socket.parent):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        return parts.redis(redis_server.find_binary(), unix_socket, directory), unix_socket
    except redis_server.RedisNotFound as error:
        raise StartRefused(ExitCode.REDIS, str(error)) from error


def _host_header(allowed_hosts: list[str]) -> str:
    """Return a host name that Django accepts: `.example.com` stands for example.com too, `*` for any."""
    names = [name.lstrip(".") for name in allowed_hosts if name != "*"]
    return names[0] if names else "localhost"


def _welcome(host: str, port: int) -> list[str]:
    lines = [f"Hubbub is ready at {listener.url(host, port)}"]
    if environment() == "demo":
        lines.append(_demo_logins())
    return [*lines, "Ctrl-C stops it."]


def _demo_logins() -> str:
    if get_user_model().objects.filter(username="demo").exists():
        return "Log in as demo/demo, guest/guest or admin/admin (name/password)."
    return "There are no demo users yet. Load them by: python manage.py demo"
