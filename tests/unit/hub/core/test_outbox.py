"""The outbox: bounded, and in order."""

from collections import deque

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from hub.core.outbox import Outbox
from hub.core.wire import Payload

LIMIT = 100


def taken_from(outbox: Outbox) -> list[tuple[int | None, Payload]]:
    """Take everything."""
    items = []
    while (item := outbox.take()) is not None:
        items.append(item)
    return items


def test_events_come_out_in_the_order_they_went_in() -> None:
    outbox = Outbox(LIMIT)
    assert outbox.put_event(1, "one")
    assert outbox.put_ephemeral("typing")
    assert outbox.put_event(2, "two")
    assert taken_from(outbox) == [(1, "one"), (None, "typing"), (2, "two")]


def test_a_reply_overtakes_the_events_that_wait() -> None:
    outbox = Outbox(LIMIT)
    outbox.put_event(1, "one")
    outbox.put_reply("first")
    outbox.put_reply("second")
    assert taken_from(outbox) == [(None, "first"), (None, "second"), (1, "one")]


def test_replies_can_be_taken_alone() -> None:
    outbox = Outbox(LIMIT)
    outbox.put_event(1, "one")
    outbox.put_reply("reply")
    assert [outbox.take_reply(), outbox.take_reply()] == ["reply", None]
    assert taken_from(outbox) == [(1, "one")]


def test_an_event_that_does_not_fit_is_not_added() -> None:
    outbox = Outbox(10)
    assert outbox.put_event(1, "x" * 6)
    assert not outbox.put_event(2, "x" * 5)
    assert outbox.put_event(2, "x" * 4)
    assert outbox.size == 10
    assert [offset for offset, _ in taken_from(outbox)] == [1, 2]


def test_an_event_larger_than_the_limit_passes_when_it_is_alone() -> None:
    outbox = Outbox(10)
    assert outbox.put_event(1, "x" * 1_000)
    assert not outbox.put_event(2, "x")
    assert [offset for offset, _ in taken_from(outbox)] == [1]


def test_ephemeral_events_get_half_of_the_room() -> None:
    outbox = Outbox(10)
    assert outbox.put_ephemeral("x" * 5)
    assert not outbox.put_ephemeral("x")
    assert outbox.put_event(1, "x" * 5)
    assert not outbox.put_ephemeral("")


def test_letting_go_of_events_keeps_the_replies() -> None:
    outbox = Outbox(LIMIT)
    outbox.put_event(1, "one")
    outbox.put_ephemeral("typing")
    outbox.put_reply("reply")
    assert outbox.drop_events() == 2
    assert outbox.size == 0
    assert taken_from(outbox) == [(None, "reply")]


def test_an_outbox_is_true_while_something_waits() -> None:
    outbox = Outbox(LIMIT)
    assert not outbox
    outbox.put_reply("reply")
    assert outbox
    outbox.take()
    outbox.put_event(1, "one")
    assert outbox
    outbox.take()
    assert not outbox


messages = st.integers(0, LIMIT + 20).map(lambda length: "x" * length)


class OutboxMachine(RuleBasedStateMachine):
    """Any use of an outbox, beside two plain queues that say what must come out."""

    def __init__(self) -> None:
        super().__init__()
        self.outbox = Outbox(LIMIT)
        self.events: deque[tuple[int | None, str]] = deque()
        self.replies: deque[str] = deque()
        self.offset = 0

    @rule(message=messages)
    def put_event(self, message: str) -> None:
        self.offset += 1
        fits = not self.events or self.outbox.size + len(message) <= LIMIT
        assert self.outbox.put_event(self.offset, message) is fits
        if fits:
            self.events.append((self.offset, message))

    @rule(message=messages)
    def put_ephemeral(self, message: str) -> None:
        if self.outbox.put_ephemeral(message):
            self.events.append((None, message))
            assert self.outbox.size <= LIMIT // 2

    @rule(message=messages)
    def put_reply(self, message: str) -> None:
        self.outbox.put_reply(message)
        self.replies.append(message)

    @rule()
    def park(self) -> None:
        assert self.outbox.drop_events() == len(self.events)
        self.events.clear()

    @rule()
    def take(self) -> None:
        if self.replies:
            assert self.outbox.take() == (None, self.replies.popleft())
        else:
            assert self.outbox.take() == (self.events.popleft() if self.events else None)

    @rule()
    def take_reply(self) -> None:
        assert self.outbox.take_reply() == (self.replies.popleft() if self.replies else None)

    @invariant()
    def its_size_is_that_of_its_events(self) -> None:
        assert self.outbox.size == sum(len(message) for _, message in self.events)

    @invariant()
    def it_is_bounded(self) -> None:
        # One event may be larger than the limit, if it waits alone.
        assert self.outbox.size <= LIMIT or len(self.events) == 1

    @invariant()
    def it_is_true_while_something_waits(self) -> None:
        assert bool(self.outbox) is bool(self.events or self.replies)


TestOutbox = OutboxMachine.TestCase
