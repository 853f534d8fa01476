"""Django signals for the host application: who comes and goes, in the whole deployment.

They are sent on a thread for the database, in the server process that notices: receivers may use the ORM. What a
receiver raises is logged. Each transition is sent once, in one process; `docs/why/presence.md` tells when that
cannot be kept.
"""

from typing import Any

from django.dispatch import Signal

#: A user has their first connection, to whatever stream. Sent with `user_id`.
connected = Signal()
#: A user's last connection is gone for `HUBBUB_PRESENCE_GRACE` seconds. Sent with `user_id`.
disconnected = Signal()
#: A stream whose namespace has presence has its first reader. Sent with `stream`, its name.
stream_occupied = Signal()
#: The last reader of such a stream is gone, for as long. Sent with `stream`.
stream_vacated = Signal()


def send(signal: Signal, **arguments: Any) -> None:
    """Send a signal. Receivers that fail are logged by Django, and keep nobody else from hearing of it."""
    signal.send_robust(sender=None, **arguments)
