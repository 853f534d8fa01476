"""The log: what is published, as rows. The only place that writes events (P1, P2)."""

from hub.log.drafts import MAX_KEY, MAX_TYPE, Draft, EventData
from hub.log.keys import claim, known
from hub.log.locking import hold
from hub.log.reading import first_since, read, read_back
from hub.log.streams import Bounds, bounds, kept, open_stream, open_streams, position, renew_epochs
from hub.log.trimming import trim
from hub.log.versions import MAX_VERSION_EPOCH, take_newer
from hub.log.writing import Appended, append, append_many

__all__ = [
    "MAX_KEY",
    "MAX_TYPE",
    "MAX_VERSION_EPOCH",
    "Appended",
    "Bounds",
    "Draft",
    "EventData",
    "append",
    "append_many",
    "bounds",
    "claim",
    "first_since",
    "hold",
    "kept",
    "known",
    "open_stream",
    "open_streams",
    "position",
    "read",
    "read_back",
    "renew_epochs",
    "take_newer",
    "trim",
]
