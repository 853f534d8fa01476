"""What a server process tells of itself and of its streams when it is asked (`hub/survey.py`)."""

import asyncio
import fnmatch
import os
import re
import resource
import socket
import time
from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from typing import Protocol

from hub import __version__
from hub.control import NODE
from hub.core.types import JSONObject, JSONValue
from hub.sessions.registry import SessionRegistry
from hub.survey import Answering

#: Globs that one pattern with alternatives stands for at most.
MAX_ALTERNATIVES = 100

_CHOICE = re.compile(r"\{([^{}]*)\}")


class PlainConnection(Protocol):
    """A connection of the plain endpoints."""

    @property
    def user_id(self) -> int:
        """Whose it is."""


class Counted(Protocol):
    """What knows how many readers each stream has."""

    def counts(self) -> dict[str, int]:
        """Return how many readers each stream has that has any."""


class Node:
    """This process, as it answers.

    Arguments:
        dispatcher: knows the readers of streams.
        sessions: of the Centrifugo protocol.
        plain: connections of the plain endpoints.
    """

    def __init__(self, dispatcher: Counted, sessions: SessionRegistry, plain: Collection[PlainConnection]) -> None:
        self._dispatcher = dispatcher
        self._sessions = sessions
        self._plain = plain
        self._started = time.monotonic()
        self._processor = Processor()

    def answer(self, answering: Answering) -> None:
        """Have the questions `channels` and `info` answered."""
        answering.answers("channels", self.channels)
        answering.answers("info", self.info)

    async def channels(self, data: JSONValue) -> JSONObject:
        """Tell which streams have readers here: by name, how many.

        Arguments:
            data: `pattern`, a glob that their names have to match; none or an empty one matches all.
        """
        counts = self._dispatcher.counts()
        pattern = str((data or {}).get("pattern") or "")
        # There may be a hundred thousand: not on the event loop.
        return await asyncio.to_thread(matching, counts, pattern) if pattern else counts

    async def info(self, data: JSONValue) -> JSONObject:
        """Tell of this process, as Centrifugo's server API tells of a node (protocol, section 9)."""
        counts = self._dispatcher.counts()
        users = {session.user_id for session in self._sessions} | {str(one.user_id) for one in self._plain}
        return {
            "uid": NODE,
            "name": f"{socket.gethostname()}_{os.getpid()}",
            "version": __version__,
            "num_clients": len(self._sessions) + len(self._plain),
            "num_users": len(users),
            "num_subs": sum(counts.values()),
            "num_channels": len(counts),
            "uptime": int(time.monotonic() - self._started),
            "process": {"cpu": self._processor.percent(), "rss": resident_bytes()},
        }


class Processor:
    """How busy this process keeps a processor."""

    def __init__(self) -> None:
        self._asked, self._used = time.monotonic(), time.process_time()

    def percent(self) -> float:
        """Return the share of one processor that was used since it was asked last, in percent."""
        asked, used = time.monotonic(), time.process_time()
        elapsed = asked - self._asked
        share = (used - self._used) / elapsed if elapsed > 0 else 0.0
        self._asked, self._used = asked, used
        return round(100 * share, 1)


def resident_bytes() -> int:
    """Return the bytes of memory that this process holds; where the system does not say, the most it ever held."""
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * resource.getpagesize()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1_024


def matching(counts: Mapping[str, int], pattern: str) -> dict[str, int]:
    """Return those of the streams whose names match a glob.

    Arguments:
        counts: by name.
        pattern: with `*`, `?`, `[a-z]`, `[!a-z]`, and alternatives `{a,b}`, which stand for 100 globs at most.
    """
    globs = islice(_alternatives(pattern), MAX_ALTERNATIVES)
    matches = [re.compile(fnmatch.translate(glob)).match for glob in globs]
    return {name: count for name, count in counts.items() if any(match(name) for match in matches)}


def _alternatives(pattern: str) -> Iterator[str]:
    if (cut := _CHOICE.search(pattern)) is None:
        yield pattern
        return
    for choice in cut[1].split(","):
        yield from _alternatives(pattern[: cut.start()] + choice + pattern[cut.end() :])
