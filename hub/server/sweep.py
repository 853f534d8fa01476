"""Looking at all connections again and again, a few at a time: nobody waits while ten thousand are looked at."""

from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")

#: How many are looked at in one turn of the event loop. To ask one whether it is there takes some ten microseconds.
_AT_ONCE = 100


class Sweep(Generic[Item]):
    """Looks at everything there is, then rests.

    Arguments:
        items: returns what there is.
        look: is called with each.
        rest: seconds between two rounds.
        call_later: calls a function after so many seconds.
    """

    def __init__(
        self,
        items: Callable[[], Iterable[Item]],
        look: Callable[[Item], None],
        rest: float,
        call_later: Callable[..., Any],
    ) -> None:
        self._items = items
        self._look = look
        self._rest = rest
        self._call_later = call_later

    def begin(self) -> None:
        """Begin a round, and after each another one."""
        # As they are now: some go, and others come, before the round is over.
        self._go_on(list(self._items()))

    def _go_on(self, left: list[Item]) -> None:
        for item in left[:_AT_ONCE]:
            self._look(item)
        rest = left[_AT_ONCE:]
        if rest:
            self._call_later(0, self._go_on, rest)
        else:
            self._call_later(self._rest, self.begin)
