"""Senders: each waits for the reply to what it has published before it publishes more."""

import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass

from clients.load.latency import Histogram, Latency, sum_up
from tests.benchmarks.client.frames import frame
from tests.benchmarks.client.messages import Dialect, body
from tests.benchmarks.client.readers import CarefulReader
from tests.benchmarks.client.swarm import Swarm
from tests.benchmarks.client.traffic import DRAIN, SIZE, WARM_UP
from tests.benchmarks.measured import Usage, Used


class Sender(CarefulReader):
    """Publishes to a stream, and reads it too.

    Arguments:
        stream: the number of the stream.
        number: which sender it is.
        dialect: how the server is spoken to.
        delays: where the time from each message to its reply goes.
    """

    __slots__ = ("_pending", "_publishing", "delays", "done", "published", "refused", "sent")

    def __init__(self, stream: int, number: int, dialect: Dialect, delays: Histogram) -> None:
        super().__init__(stream, number, dialect, Histogram(), on_reply=self._replied)
        self._publishing = False
        #: When what has no reply yet was sent: replies come in the order of commands.
        self._pending: deque[int] = deque()
        self.delays = delays
        #: Messages sent, replies to them, and how many of these refused.
        self.sent = self.done = self.refused = 0
        #: Messages taken by the server since the last `reset`.
        self.published = 0

    def reset(self) -> None:
        """Begin to count anew."""
        super().reset()
        self.published = 0

    def start(self, window: int) -> None:
        """Begin to publish, with so many messages without a reply at a time."""
        self._publishing = True
        for _ in range(window):
            self.publish()

    def stop(self) -> None:
        """Publish nothing more."""
        self._publishing = False

    def publish(self) -> None:
        """Publish something."""
        self.sent += 1
        self._pending.append(time.monotonic_ns())
        self.send(frame(self._dialect.opcode, self._dialect.post(self.room, self.sent, body(self.sent, SIZE))))

    def _replied(self, reply: bytes) -> None:
        self.done += 1
        if b'"error":' in reply:
            self.refused += 1
        else:
            self.published += 1
        self.delays.add((time.monotonic_ns() - self._pending.popleft()) // 1000)
        if self._publishing:
            self.publish()

    def _note(self, payload: bytes, now: int) -> None:
        # Several publish to one stream: their numbers say nothing of its order.
        self.messages += 1


@dataclass
class Published:
    """What came of publishing."""

    seconds: float
    replies: int
    delay: Latency
    server: Used
    load: Used
    problems: list[str]


def publish(swarm: Swarm, senders: Sequence[Sender], server: Usage, *, window: int, seconds: float) -> Published:
    """Have all senders publish for some seconds.

    Arguments:
        server: the process that is measured.
        window: messages of each sender without a reply at a time.
    Raises:
        Gone: the server has ended a connection.
    """
    for sender in senders:
        sender.reset()
    for sender in senders:
        sender.start(window)
    swarm.run(WARM_UP)
    delays = Histogram()
    for sender in senders:
        sender.delays = delays
    own = Usage.own()
    began, server_before, own_before = time.monotonic(), server.now(), own.now()
    done = sum(sender.done for sender in senders)
    swarm.run(seconds)
    replies, took = sum(sender.done for sender in senders) - done, time.monotonic() - began
    result = Published(took, replies, sum_up(delays), server.now() - server_before, own.now() - own_before, [])
    for sender in senders:
        sender.stop()
        sender.delays = Histogram()
    result.problems = _settle(swarm, senders)
    return result


def _settle(swarm: Swarm, senders: Sequence[Sender]) -> list[str]:
    """Wait for what is under way. Returns sentences about what is missing."""

    def is_done() -> bool:
        return all(sender.done == sender.sent for sender in senders) and not _short_of(senders)

    if swarm.run(DRAIN, is_done):
        refused = sum(sender.refused for sender in senders)
        return [f"{refused:,} messages were refused"] if refused else []
    without = sum(sender.sent - sender.done for sender in senders)
    return [f"{without:,} messages without a reply, {_short_of(senders):,} deliveries missing after {DRAIN:g} s"]


def _short_of(senders: Sequence[Sender]) -> int:
    """Return how many deliveries are missing, or too many: each reads all that is published to its stream."""
    published: Counter[int] = Counter()
    for sender in senders:
        published[sender.room] += sender.published
    return sum(abs(published[sender.room] - sender.messages) for sender in senders)
