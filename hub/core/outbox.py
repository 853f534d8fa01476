"""What waits to be sent to one connection: bounded, whatever its reader does."""

from collections import deque

from hub.core.wire import Payload


class Budget:
    """Bytes that may wait for one connection, in however many outboxes.

    Arguments:
        limit: most bytes of events held at once.
    """

    __slots__ = ("limit", "used")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        #: Bytes held now (counted as characters: what is sent is mostly ASCII).
        self.used = 0


class Outbox:
    """Messages of one reader that its writer has not taken yet.

    Replies are few (commands are limited) and always kept. Events are kept up to a limit; past it they are all let
    go, since the log has them, and the reader catches up from there at its own pace. Ephemeral events go first.

    Arguments:
        limit: most bytes of events held at once; or the budget that it shares with others of its connection.
    """

    __slots__ = ("_budget", "_events", "_replies", "size")

    def __init__(self, limit: int | Budget) -> None:
        self._budget = Budget(limit) if isinstance(limit, int) else limit
        self._events: deque[tuple[int | None, Payload]] = deque()
        self._replies: deque[Payload] = deque()
        #: Bytes of events held now.
        self.size = 0

    def __bool__(self) -> bool:
        return bool(self._events or self._replies)

    @property
    def replies(self) -> int:
        """How many replies wait."""
        return len(self._replies)

    def put_reply(self, message: Payload) -> None:
        """Add a message that must not be dropped."""
        self._replies.append(message)

    def put_event(self, offset: int, message: Payload) -> bool:
        """Add an event.

        Returns:
            False when it does not fit: then nothing was added, and the caller parks the reader.
        """
        # One event larger than the limit must still get through to a reader that keeps up.
        if self._budget.used and self._budget.used + len(message) > self._budget.limit:
            return False
        self._put(offset, message)
        return True

    def _put(self, offset: int | None, message: Payload) -> None:
        self._events.append((offset, message))
        self._count(len(message))

    def _count(self, size: int) -> None:
        self.size += size
        self._budget.used += size

    def put_ephemeral(self, message: Payload) -> bool:
        """Add an ephemeral event, unless half of the room is taken already. Returns whether it was added."""
        if self._budget.used + len(message) > self._budget.limit // 2:
            return False
        self._put(None, message)
        return True

    def drop_events(self) -> int:
        """Let go of all events held; returns how many."""
        dropped = len(self._events)
        self._events.clear()
        self._count(-self.size)
        return dropped

    def take_reply(self) -> Payload | None:
        """Hand over the next reply, or None when there is none."""
        return self._replies.popleft() if self._replies else None

    def take(self) -> tuple[int | None, Payload] | None:
        """Hand over the next message with its offset (None for a reply or an ephemeral event), replies first."""
        if (reply := self.take_reply()) is not None:
            return None, reply
        if not self._events:
            return None
        offset, message = self._events.popleft()
        self._count(-len(message))
        return offset, message

    def take_all(self) -> list[tuple[int | None, Payload]]:
        """Hand over everything, in the order of `take`."""
        items: list[tuple[int | None, Payload]] = [(None, reply) for reply in self._replies]
        items.extend(self._events)
        self._replies.clear()
        self.drop_events()
        return items
