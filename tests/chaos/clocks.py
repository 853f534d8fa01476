"""The time of day jumps, and differs between processes: a small library, loaded before all others, tells it so.

A server process, the worker and the clock have a file each, Redis and the rest have one together; what is written
there is what the time is off by. Clocks that only go forward (CLOCK_MONOTONIC) are left alone, as by a real jump.
libfaketime would do the same, but cannot leave them alone: Python's sleeps fail with it.
"""

import asyncio
import base64
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clients.load.link import Link, LinkClosed, Server, open_link, request
from tests.chaos.scene import NotRun, Scene, Unhealed
from tests.servers import temporary_var

#: Seconds for which each time is kept.
KEPT = 8.0
HOUR, SKEW = 3600, 90
#: Connections that are held over all jumps, and seconds that their tokens live: less than the clock jumps.
HELD, TTL = 12, 1800
#: Tokens issued and shown at each time: whichever process issues one, another may have to take it.
TOKENS = 12

_LOG_IN = """
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
user = User.objects.get(username="guest")
session = import_module(settings.SESSION_ENGINE).SessionStore()
session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), settings.AUTHENTICATION_BACKENDS[0]
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.create()
print(f"cookie {settings.SESSION_COOKIE_NAME}={session.session_key}")
"""

# Python runs it as it starts; a process that is to have a file of its own begins anew with it.
_START = """
import os, sys
if "HUBBUB_OWN_CLOCK" not in os.environ and ("hub.server" in sys.orig_argv or "celery" in sys.orig_argv):
    own = os.path.join(os.environ["HUBBUB_CLOCKS"], str(os.getpid()))
    with open(own, "wb") as file:
        file.write(bytes(8))
    os.environ |= {"HUBBUB_OWN_CLOCK": own, "HUBBUB_CLOCK": own}
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
"""
_LIBRARY = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const int64_t none = 0;
static const volatile int64_t *off = &none;

__attribute__((constructor)) static void start(void) {
  const char *path = getenv("HUBBUB_CLOCK");
  int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0) return;
  void *mapped = mmap(NULL, sizeof *off, PROT_READ, MAP_SHARED, file, 0);
  if (mapped != MAP_FAILED) off = mapped;
  close(file);
}

int clock_gettime(clockid_t clock, struct timespec *at) {
  int failed = syscall(SYS_clock_gettime, clock, at);
  if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) at->tv_sec += *off;
  return failed;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  at->tv_sec = now.tv_sec;
  at->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *at) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (at) *at = now.tv_sec;
  return now.tv_sec;
}
"""


@contextmanager
def own_clocks() -> Iterator[dict[str, str]]:
    """Give the environment of a hub whose clocks can be set, until the block ends.

    Raises:
        NotRun: this machine has no C compiler.
    """
    if sys.platform != "linux" or shutil.which("cc") is None:
        raise NotRun("it needs Linux and a C compiler (cc), to tell processes another time")
    with temporary_var() as directory:
        library, source = directory / "clock.so", directory / "clock.c"
        source.write_text(_LIBRARY)
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library, source], check=True)
        (directory / "sitecustomize.py").write_text(_START)
        (directory / "common").write_bytes(bytes(8))
        yield {
            "LD_PRELOAD": str(library),
            "HUBBUB_CLOCK": str(directory / "common"),
            "HUBBUB_CLOCKS": str(directory),
            "PYTHONPATH": os.pathsep.join([str(directory), *filter(None, [os.environ.get("PYTHONPATH")])]),
        }


async def jump(scene: Scene) -> str:
    """Set clocks apart by 90 s, then all of them an hour forward, an hour back, and right again.

    Raises:
        Unhealed: a connection ended, somebody seemed to have left, or a session or token was not taken.
    """
    clocks, issuer = Path(scene.hub.env["HUBBUB_CLOCKS"]), await _Issuer.log_in(scene)
    held = [await _Held.open(Server(scene.url, await issuer.token(TTL))) for _ in range(HELD)]
    try:
        for name, offsets in (("skew", [SKEW, 0]), ("+1 h", [HOUR]), ("-1 h", [-HOUR]), ("right", [0])):
            _set(scene, clocks, offsets)
            await _check_time(issuer, offsets)
            await _tokens_hold(scene, issuer)
            await asyncio.sleep(KEPT)
            await _nobody_left(scene, name, held)
        await scene.worker_works("after the clocks jumped")
    finally:
        for one in held:
            one.close()
    return (
        f"90 s apart, an hour forward, two back, one forward: {HELD} connections with tokens of {TTL // 60} minutes "
        f"held, nobody seemed to leave, the session and {4 * TOKENS} new tokens taken"
    )


class _Issuer:
    """Somebody who is logged in by a session, and is issued tokens."""

    def __init__(self, url: str, cookie: str) -> None:
        self._url = url
        self._cookie = cookie

    @classmethod
    async def log_in(cls, scene: Scene) -> "_Issuer":
        done = await asyncio.to_thread(scene.hub.manage, "shell", "-c", _LOG_IN)
        if (found := re.search(r"(?m)^cookie (\S+)$", done.stdout)) is None:
            raise Unhealed(f"expected a session, got: {(done.stdout + done.stderr)[-300:]}")
        return cls(scene.url, found[1])

    async def token(self, ttl: int) -> str:
        """Return a token of whichever process answers.

        Raises:
            Unhealed: the session is not taken.
        """
        asked = urllib.request.Request(f"{self._url}/api/v1/token/?ttl={ttl}", headers={"Cookie": self._cookie})
        try:
            return str(json.loads(await asyncio.to_thread(self._fetch, asked))["token"])
        except OSError as error:
            raise Unhealed(f"expected the session to be taken, got: {error}") from error

    @staticmethod
    def _fetch(asked: urllib.request.Request) -> bytes:
        with urllib.request.urlopen(asked, timeout=20) as answer:
            body: bytes = answer.read()
        return body


def _set(scene: Scene, clocks: Path, offsets: list[int]) -> None:
    """Set the clocks of the server processes in turn; all others get the last of the offsets."""
    web = [str(process.pid) for process in scene.web()]
    for file in clocks.iterdir():
        if file.name == "common" or file.name.isdigit():
            own = offsets[web.index(file.name) % len(offsets)] if file.name in web else offsets[-1]
            # Over what is there: every process has it mapped.
            with file.open("r+b") as opened:
                opened.write(own.to_bytes(8, sys.byteorder, signed=True))


async def _check_time(issuer: _Issuer, offsets: list[int]) -> None:
    """See that the clocks are what they are meant to be: a row about clocks that did not move would say nothing."""
    found = set()
    for _ in range(60):
        off = _issued_at(await issuer.token(TTL)) - time.time()
        found.add(round(off / 30) * 30)
        if found == set(offsets):
            return
    raise Unhealed(f"expected clocks that are off by {offsets} s, got tokens that are by {sorted(found)}")


def _issued_at(token: str) -> int:
    payload = token.split(".")[1]
    return int(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["iat"])


async def _tokens_hold(scene: Scene, issuer: _Issuer) -> None:
    """Have tokens issued, and taken by whichever process comes next."""
    for _ in range(TOKENS):
        status, answer = await request(Server(scene.url, await issuer.token(60)), "GET", "/api/v1/rooms/")
        if status != 200:
            raise Unhealed(f"expected a new token to be taken, got HTTP {status}: {answer}")


async def _nobody_left(scene: Scene, when: str, held: list["_Held"]) -> None:
    gone = [one.code for one in held if one.code is not None]
    left = sum(one.left for one in held)
    if gone or left:
        raise Unhealed(
            f"{when}: {len(gone)} of {HELD} connections ended by {set(gone)}, {left} times told of a leaving"
        )
    await scene.healed()
    status, answer = await request(scene.server("guest"), "GET", "/api/v1/rooms/lobby/presence/")
    names = re.findall(r'"username": "(\w+)"', json.dumps(answer))
    if status != 200 or "guest" not in names:
        raise Unhealed(f"{when}: expected guest in the room, got HTTP {status}: {answer}")


class _Held:
    """A connection to the lobby that stays."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._reading = asyncio.create_task(self._read())
        #: What it ended with; None while it is open.
        self.code: int | None = None
        #: How often it was told that somebody has left.
        self.left = 0

    @classmethod
    async def open(cls, server: Server) -> "_Held":
        return cls(await open_link(server, "/ws/chat/lobby/"))

    def close(self) -> None:
        self._reading.cancel()
        self._link.drop()

    async def _read(self) -> None:
        try:
            while True:
                self.left += json.loads(await self._link.receive()).get("type") == "presence.left"
        except LinkClosed as ended:
            self.code = ended.code
