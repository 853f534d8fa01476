"""Where a reader stands after joining its stream: at the position that its client asks for, or at the end."""

import logging
from dataclasses import dataclass

from hub.core.events import Position
from hub.dispatch.stream import LocalStream

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Joined:
    """Where a reader stands after joining."""

    position: Position
    #: Whether the position asked for could be resumed; if not, a snapshot must be loaded.
    recovered: bool


def place(local: LocalStream, since: Position) -> Joined:
    """Return where a reader stands whose client asks for a position, in a stream that is open and up to date."""
    here = local.sequence.position
    if since.epoch == here.epoch and since.offset > here.offset:
        _warn_of_old_log(local, since.offset)
    if since.epoch not in ("", here.epoch) or since.offset > here.offset:
        return Joined(here, recovered=False)
    if since.offset < local.floor:
        # Offset 0 of no epoch means all that is kept. Any other position is one where a client has stood, if only at
        # the beginning, and has missed something that is kept no longer.
        if since.offset or since.epoch:
            return Joined(here, recovered=False)
        return Joined(Position(here.epoch, local.floor), recovered=True)
    return Joined(Position(here.epoch, since.offset), recovered=True)


def _warn_of_old_log(local: LocalStream, offset: int) -> None:
    """Say, once for each stream, that a client stands where the log has not been: it may be an older copy.

    No more than that, since a client may claim any offset. This one is sent to a snapshot; one that comes back when
    the log has grown beyond its offset cannot be told from one that is right.
    """
    if not local.doubted:
        local.doubted = True
        logger.warning(
            "a client stands at offset %d of %s, the log ends at %d: if an older copy of the database was restored,"
            " run `manage.py renew_epochs`",
            offset,
            local.name,
            local.sequence.offset,
            extra={"action": "position_beyond_log", "stream": local.name},
        )
