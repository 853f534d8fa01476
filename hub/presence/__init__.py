"""Presence: who reads which stream, in the whole deployment.

It is kept in Redis, where every process refreshes what it has, and is never the truth of anything else: when Redis is
away it is unknown, and all else goes on. For the host application: the four signals, and `people`.
"""

from hub.presence.attending import Attending
from hub.presence.reading import Recent, people
from hub.presence.recorder import Recorder
from hub.presence.signals import connected, disconnected, stream_occupied, stream_vacated
from hub.presence.store import PresenceStore, PresenceUnknown, presence_store
from hub.presence.telling import Teller

__all__ = [
    "Attending",
    "PresenceStore",
    "PresenceUnknown",
    "Recent",
    "Recorder",
    "Teller",
    "connected",
    "disconnected",
    "people",
    "presence_store",
    "stream_occupied",
    "stream_vacated",
]
