"""The state that the processes of a deployment share, as tests see it: with a hand on its clock."""

from typing import Any

import redis

from hub.core.clients import ClientEntry
from hub.core.presence import Changes, Entry, Present
from hub.presence import PresenceStore


class Shared:
    """A store, and Redis behind it.

    Arguments:
        client: of the same Redis.
        prefix: of the store's keys.
    """

    def __init__(self, store: PresenceStore, client: "redis.Redis", prefix: str) -> None:
        self.store = store
        self._client: Any = client
        self._prefix = prefix

    def register(self, process: str) -> str:
        """Register a process in a deployment that has settled; returns the mark of Redis' life."""
        life = self.store.register(process)
        self.settle()
        return life

    def settle(self) -> None:
        """Let the time pass in which processes write what they have after Redis lost it."""
        self._client.delete(f"{self._prefix}young")

    def let_die(self, process: str) -> None:
        """Let the time pass after which a process without a sign of life counts as dead."""
        self._client.zadd(f"{self._prefix}processes", {process: 1}, xx=True)

    def let_time_pass(self) -> None:
        """Let the grace of all who are away run out, and the time until the whole of a stream is told."""
        for name in ("due", "again"):
            for member in self._client.zrange(f"{self._prefix}{name}", 0, -1):
                self._client.zadd(f"{self._prefix}{name}", {member: 1})

    def jump(self, seconds: float) -> None:
        """Have Redis' clock jump: what the scripts remember of it is set back or forward."""
        self._client.hincrby(f"{self._prefix}clock", "wall", -round(seconds * 1_000))

    def lose_everything(self) -> None:
        """Remove all that is there, as FLUSHALL does."""
        if keys := self._client.keys(f"{self._prefix}*"):
            self._client.delete(*keys)

    def keys(self) -> set[str]:
        """Return the names of all keys, without the prefix."""
        return {key.decode().removeprefix(self._prefix) for key in self._client.keys(f"{self._prefix}*")}

    def record(self, process: str, life: str, *entries: tuple[str, int, int], quiet: bool = False) -> Changes:
        """Record stream, user and connections of each entry."""
        return self.store.record(process, life, [Entry(*entry) for entry in entries], quiet=quiet)

    def record_clients(self, process: str, life: str, *entries: tuple[str, str, str]) -> None:
        """Record stream, client and entry of each."""
        self.store.record_clients(process, life, [ClientEntry(*entry) for entry in entries])

    def tick(self, process: str, life: str) -> Changes:
        """Tick until there is no more to do; return all that has changed."""
        total, more = self.store.tick(process, life)
        while more:
            changes, more = self.store.tick(process, life)
            # Two calls have two numbers; here the last stands for both: nobody changes twice while no time passes.
            total.moment = changes.moment
            for name in ("joined", "left", "occupied", "vacated", "changed", "gone"):
                getattr(total, name).extend(getattr(changes, name))
        return total

    def read(self, stream: str) -> Present:
        """Return who reads a stream."""
        return self.store.read(stream, 200)
