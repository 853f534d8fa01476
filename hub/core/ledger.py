"""What a process has, and what of it is recorded elsewhere: by whatever writes, failures and losses, both end up equal.

A process writes how things are, never how they changed. So whatever is written twice, or written again because nobody
knows whether it arrived, does no harm.
"""

from collections.abc import Iterable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Ledger(Generic[K, V]):
    """Values by key, and which of them are recorded.

    Arguments:
        nothing: the value of a key that is not there; it is recorded as such.
    """

    def __init__(self, nothing: V) -> None:
        self._nothing = nothing
        self._here: dict[K, V] = {}
        # None: nobody knows.
        self._recorded: dict[K, V | None] = {}
        # A dict for its order: what changed first is recorded first.
        self._dirty: dict[K, None] = {}

    def __len__(self) -> int:
        return len(self._here)

    def get(self, key: K) -> V:
        """Return the value of a key."""
        return self._here.get(key, self._nothing)

    def put(self, key: K, value: V) -> None:
        """Set the value of a key; that it is nothing removes it."""
        if value == self._nothing:
            self._here.pop(key, None)
        else:
            self._here[key] = value
        self._dirty[key] = None

    def take(self, limit: int) -> list[tuple[K, V]]:
        """Hand over up to `limit` values to be recorded, none when there are none; `confirm` or `put_back` follows."""
        taken: list[tuple[K, V]] = []
        for key in list(self._dirty):
            if len(taken) == limit:
                break
            del self._dirty[key]
            value = self.get(key)
            # Whatever came and went in between needs no word.
            if value != self._recorded.get(key, self._nothing):
                taken.append((key, value))
        return taken

    def confirm(self, values: Iterable[tuple[K, V]]) -> None:
        """Remember that values are recorded."""
        for key, value in values:
            if value == self._nothing:
                self._recorded.pop(key, None)
            else:
                self._recorded[key] = value

    def put_back(self, values: Iterable[tuple[K, V]]) -> None:
        """Have values recorded again: nobody knows whether they were."""
        for key, _ in values:
            # Neither what was recorded before nor what was tried now can be relied upon.
            self._recorded[key] = None
            self._dirty[key] = None

    def recorded(self) -> list[tuple[K, V]]:
        """Return what is recorded, as far as is known."""
        return [(key, value) for key, value in self._recorded.items() if value is not None]

    def forget(self) -> None:
        """Have everything recorded anew: what was recorded is no longer there."""
        self._recorded.clear()
        self._dirty = dict.fromkeys(self._here)
