"""What the careful readers of a room have found, held against what the others have got. No input or output here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

#: Most sentences about what is wrong.
MOST = 5


@dataclass(frozen=True)
class Counted:
    """What one reader has got."""

    room: int
    number: int
    bytes: int


def all_equal(rooms: Sequence[int], readers: Iterable[Counted]) -> bool:
    """Say whether every reader has got as many bytes as the careful one of its room.

    Arguments:
        rooms: those bytes, by room.
    """
    return all(reader.bytes == rooms[reader.room] for reader in readers)


def unequal(rooms: Sequence[int], readers: Iterable[Counted]) -> list[str]:
    """Return sentences about the readers that have got another number of bytes than the careful one of their room."""
    wrong = [reader for reader in readers if reader.bytes != rooms[reader.room]]
    said = [
        f"reader {one.number} of room {one.room} got {one.bytes:,} bytes, expected {rooms[one.room]:,}" for one in wrong
    ]
    return said if len(said) <= MOST else [*said[:MOST], f"and {len(said) - MOST:,} readers more"]


def deliveries(rooms: Sequence[tuple[int, int]], readers: Iterable[Counted]) -> float:
    """Return how many messages readers have got, by the bytes that they have got.

    Arguments:
        rooms: the messages that the careful reader of each room has got, and their bytes.
    """
    sizes = [size / messages if messages else 0.0 for messages, size in rooms]
    return sum(reader.bytes / sizes[reader.room] for reader in readers if sizes[reader.room])
