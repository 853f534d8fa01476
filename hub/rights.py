"""Telling that rights have changed, so that live connections lose what they may no longer see (P5)."""

from django.db import transaction

from hub import announce
from hub.core.rights import RightsChange


def rights_changed(*, user_id: int | None = None, stream: str | None = None) -> None:
    """Have every server process look anew at the rights of matching connections, once the transaction commits.

    A connection that has lost its right is ended within a second; while Redis is away, within 30 seconds. Calling it
    without need costs a few queries and changes nothing, so call it rather once too often: after a membership ends,
    a room becomes private, a user is disabled.

    Arguments:
        user_id: whose connections, or None for everyone's.
        stream: those that read this stream, or None for all streams.
    """
    change = RightsChange(user_id, stream)

    # A function rather than a partial: Django asks a callback that has failed for its name.
    def tell() -> None:
        announce.send_rights(change)

    transaction.on_commit(tell, robust=True)
