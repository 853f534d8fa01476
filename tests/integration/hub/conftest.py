"""What the tests of the engine's edges share: somebody, their cookie, a room, a server, and a database that is busy."""

import shutil
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import wait
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from chat.models import Membership, Room
from hub import database, tokens
from hub.conf import conf
from tests import servers
from tests.integration.conftest import MakeUser
from tests.integration.sockets import serving
from tests.programs import Server, stopped

StartServer = Callable[..., Server]

PATIENT = "tests.integration.hub.patient_application:application"


@pytest.fixture
async def process(redis_url: str) -> AsyncIterator[None]:
    """Let connections start what a server process has, and stop it at the end."""
    async with serving():
        yield


@pytest.fixture
def ann(make_user: MakeUser) -> User:
    """Somebody."""
    return make_user("ann")


@pytest.fixture
def lobby(ann: User) -> Room:
    """A public room with Ann in it. Its stream has one event: that she joined."""
    room = Room.objects.create(slug="lobby", title="Lobby")
    Membership.objects.create(room=room, user=ann, role="owner")
    return room


@pytest.fixture
def cookie(ann: User) -> str:
    """The Cookie header of a browser in which Ann is logged in."""
    return log_in(ann)


def log_in(user: User) -> str:
    """Return the Cookie header of a browser in which the user is logged in."""
    client = Client()
    client.force_login(user)
    return f"csrftoken=x; {settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


@pytest.fixture
def bearer(ann: User) -> tuple[bytes, bytes]:
    """The header by which Ann's programs prove who they are."""
    return b"authorization", f"Bearer {tokens.issue(ann, timedelta(minutes=1))}".encode()


@pytest.fixture
def busy_database(process: None) -> Iterator[None]:
    """Keep all of this process's database threads at work until the end of the test."""
    done = threading.Event()
    # The very threads that `in_database` uses, taken by work that takes too long.
    work = [database._executor().submit(done.wait) for _ in range(conf.DATABASE_THREADS)]
    try:
        yield
    finally:
        done.set()
        wait(work)


@pytest.fixture(scope="package")
def server(prepared_var: Path) -> Iterator[Server]:
    """One `python -m hub.server` with the demo's data and a private Redis."""
    with servers.temporary_var() as var:
        shutil.copytree(prepared_var, var, dirs_exist_ok=True)
        with servers.running_redis(var / "redis" / "redis.sock"), stopped(start_server(var)) as server:
            yield server


@pytest.fixture
def start() -> Iterator[StartServer]:
    """Start servers of the patient application: `start("--drain-timeout", "1")`. All are gone at the end."""
    with servers.temporary_var() as var, ExitStack() as running:

        def start(*options: str) -> Server:
            return running.enter_context(stopped(start_server(var, PATIENT, *options)))

        yield start


@contextmanager
def serving_patiently(*options: str) -> Iterator[Server]:
    """Run a server of the patient application while the block lasts, for all tests of a module."""
    with servers.temporary_var() as var, stopped(start_server(var, PATIENT, *options)) as server:
        yield server


def start_server(var: Path, application: str = "asgi:application", *options: str) -> Server:
    """Start `python -m hub.server` with its state in `var`."""
    command = (sys.executable, "-m", "hub.server", "-p", "0", *options, application)
    return Server(*command, env=servers.environment_of(var))


@pytest.fixture(scope="package")
def demo_token(server: Server) -> str:
    """A token of the server's user demo."""
    made = servers.manage(server.env, "token", "demo")
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()
