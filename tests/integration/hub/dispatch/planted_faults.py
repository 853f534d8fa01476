"""Faults for the dispatcher: each breaks one thing that it must do, as a slip in the code would."""

from collections.abc import Callable

import pytest

from hub.core.events import Position
from hub.deliver import EncodedEvent, Reader, first_bytes
from hub.dispatch import Dispatcher, Joined
from hub.dispatch.pages import rest
from hub.dispatch.stream import LocalStream

Plant = Callable[[pytest.MonkeyPatch], None]


def never_mend_a_gap(patch: pytest.MonkeyPatch) -> None:
    async def repair(self: Dispatcher, local: LocalStream) -> None:
        pass

    patch.setattr(Dispatcher, "_repair", repair)


def never_sweep(patch: pytest.MonkeyPatch) -> None:
    async def sweep(self: Dispatcher, names: list[str]) -> None:
        pass

    patch.setattr(Dispatcher, "sweep", sweep)


def keep_what_was_queued_when_parking(patch: pytest.MonkeyPatch) -> None:
    def park(self: Reader) -> None:
        self.live = False
        self.wake()

    patch.setattr(Reader, "park", park)


def begin_at_the_end_always(patch: pytest.MonkeyPatch) -> None:
    async def place(self: Dispatcher, local: LocalStream, since: Position | None) -> Joined:
        return Joined(local.sequence.position, recovered=True)

    patch.setattr(Dispatcher, "_place", place)


def send_the_last_of_each_page_twice(patch: pytest.MonkeyPatch) -> None:
    def pages(page: list[EncodedEvent], limit: int) -> list[EncodedEvent]:
        cut = first_bytes(page, limit)
        return cut + cut[-1:]

    patch.setattr("hub.dispatch.dispatcher.first_bytes", pages, raising=True)


def cut_pages_short(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        "hub.dispatch.dispatcher.first_bytes", lambda page, limit: first_bytes(page, limit)[-2:], raising=True
    )


def begin_too_far_on_a_page_of_others(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("hub.dispatch.pages.rest", lambda page, after: rest(page, after)[1:], raising=True)


#: Faults that hardly any order hides.
FAULTS: list[Plant] = [
    never_mend_a_gap,
    never_sweep,
    keep_what_was_queued_when_parking,
    begin_at_the_end_always,
    send_the_last_of_each_page_twice,
    cut_pages_short,
    begin_too_far_on_a_page_of_others,
]
