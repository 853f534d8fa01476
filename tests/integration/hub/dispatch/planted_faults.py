"""Faults for the dispatcher: each breaks one thing that it must do, as a slip in the code would."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from hub import log
from hub.core.events import Announcement, Position
from hub.core.sequence import Sequence
from hub.deliver import EncodedEvent, Reader, fan_out, first_bytes
from hub.dispatch import Dispatcher, Joined
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


def pass_on_what_came_before(patch: pytest.MonkeyPatch) -> None:
    accept = Sequence.accept

    def take_all(self: Any, events: Any, head: int = 0) -> list[EncodedEvent]:
        events = list(events)
        before = self.offset
        return [event for event in events if event.offset <= before] + accept(self, events, head)

    patch.setattr(Sequence, "accept", take_all)


def pass_over_a_hole(patch: pytest.MonkeyPatch) -> None:
    accept = Sequence.accept

    def jump(self: Any, events: Any, head: int = 0) -> list[EncodedEvent]:
        events = list(events)
        if events and events[0].offset > self.offset:
            self.offset = events[0].offset - 1
        return accept(self, events, head)

    patch.setattr(Sequence, "accept", jump)


def go_live_before_the_comparison(patch: pytest.MonkeyPatch) -> None:
    catch_up = Dispatcher.catch_up

    async def enter_first(self: Dispatcher, reader: Reader) -> list[EncodedEvent]:
        if (local := self._streams.get(reader.stream)) is not None and reader in local.readers:
            local.live.add(reader)
        return await catch_up(self, reader)

    patch.setattr(Dispatcher, "catch_up", enter_first)


def wait_between_the_comparison_and_the_entry(patch: pytest.MonkeyPatch) -> None:
    catch_up = Dispatcher.catch_up

    async def enter_late(self: Dispatcher, reader: Reader) -> list[EncodedEvent]:
        page = await catch_up(self, reader)
        if reader.live:
            local = self._streams[reader.stream]
            local.live.discard(reader)
            await asyncio.sleep(0.3)
            local.live.add(reader)
        return page

    patch.setattr(Dispatcher, "catch_up", enter_late)


def keep_what_was_queued_when_parking(patch: pytest.MonkeyPatch) -> None:
    def park(self: Reader) -> None:
        self.live = False
        self.wake()

    patch.setattr(Reader, "_park", park)


def stay_live_when_parked(patch: pytest.MonkeyPatch) -> None:
    def offer_to_all(readers: set[Reader], events: list[EncodedEvent]) -> None:
        for reader in readers:
            reader.offer(events)

    patch.setattr("hub.dispatch.dispatcher.fan_out", offer_to_all)


def begin_at_the_end_always(patch: pytest.MonkeyPatch) -> None:
    async def place(self: Dispatcher, local: LocalStream, since: Position | None) -> Joined:
        return Joined(local.sequence.position, recovered=True)

    patch.setattr(Dispatcher, "_place", place)


def send_the_last_page_again(patch: pytest.MonkeyPatch) -> None:
    since = Sequence.since
    patch.setattr(Sequence, "since", lambda self, offset: since(self, max(0, offset - 1)))


def cut_pages_short(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        "hub.dispatch.dispatcher.first_bytes", lambda page, limit: first_bytes(page, limit)[-2:], raising=True
    )


def read_past_what_is_not_kept(patch: pytest.MonkeyPatch) -> None:
    async def catch_up(self: Dispatcher, reader: Reader) -> list[EncodedEvent]:
        local = self._streams[reader.stream]
        if reader.sent == local.sequence.offset:
            local.live.add(reader)
            reader.live = True
            return []
        return local.sequence.since(reader.sent) or await self._read(local, reader.sent)

    patch.setattr(Dispatcher, "catch_up", catch_up)


def never_notice_another_epoch(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Dispatcher, "_reset", lambda self, local: None)


def believe_an_announcement_of_another_epoch(patch: pytest.MonkeyPatch) -> None:
    def pass_on(self: Dispatcher, announcement: Announcement) -> None:
        local = self._streams.get(announcement.stream)
        if local is not None and local.opened:
            events = [EncodedEvent(event) for event in announcement.events if event.offset is not None]
            self._pass_on(local, events, announcement.head)

    patch.setattr(Dispatcher, "_on_announcement", pass_on)


def offer_to_readers_that_are_behind(patch: pytest.MonkeyPatch) -> None:
    def pass_on(self: Dispatcher, local: LocalStream, events: list[EncodedEvent], head: int) -> None:
        original(self, local, events, head)
        fan_out({reader for reader in local.readers if reader not in local.live}, events)

    original = Dispatcher._pass_on
    patch.setattr(Dispatcher, "_pass_on", pass_on)


def forget_what_is_no_longer_kept(patch: pytest.MonkeyPatch) -> None:
    bounds = log.bounds
    patch.setattr(log, "bounds", lambda names: {k: replace(v, floor=0) for k, v in bounds(names).items()})


def read_of_whatever_epoch(patch: pytest.MonkeyPatch) -> None:
    read = log.read
    patch.setattr(log, "read", lambda *arguments, epoch: read(*arguments))


#: Every fault by what it does: those that hardly any order hides, and the others.
QUICKLY_FOUND: list[Plant] = [
    never_mend_a_gap,
    never_sweep,
    keep_what_was_queued_when_parking,
    begin_at_the_end_always,
    send_the_last_page_again,
    cut_pages_short,
]
SLOWLY_FOUND: list[Plant] = [
    pass_on_what_came_before,
    pass_over_a_hole,
    go_live_before_the_comparison,
    wait_between_the_comparison_and_the_entry,
    stay_live_when_parked,
    read_past_what_is_not_kept,
    never_notice_another_epoch,
    believe_an_announcement_of_another_epoch,
    offer_to_readers_that_are_behind,
    forget_what_is_no_longer_kept,
    read_of_whatever_epoch,
]
