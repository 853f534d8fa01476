"""A time by which something has to have happened."""

from collections.abc import Callable
from typing import Any


class Deadline:
    """Calls when its time is up, unless it was stopped before.

    Arguments:
        call_later: calls a function after so many seconds, as Twisted's reactor does.
        on_passed: what to call.
    """

    __slots__ = ("_call", "_call_later", "_on_passed")

    def __init__(self, call_later: Callable[..., Any], on_passed: Callable[[], None]) -> None:
        self._call_later = call_later
        self._on_passed = on_passed
        self._call: Any = None

    @property
    def is_set(self) -> bool:
        """Whether time runs."""
        return self._call is not None

    def start(self, seconds: float) -> None:
        """Let time run from now on, whatever was before."""
        self.stop()
        self._call = self._call_later(seconds, self._pass)

    def extend(self, seconds: float) -> None:
        """Give more time, where it runs."""
        if self._call is not None:
            self._call.delay(seconds)

    def stop(self) -> None:
        """Let time run no more."""
        if self._call is not None:
            self._call.cancel()
            self._call = None

    def _pass(self) -> None:
        self._call = None
        self._on_passed()
