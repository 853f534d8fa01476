"""Reading a stream of events as a browser does (HTML Living Standard, 9.2.6)."""

from typing import NamedTuple


class ServerSent(NamedTuple):
    """One event."""

    data: str
    #: The id of the last event that had one, this one included.
    last_id: str


def events_of(text: str) -> list[ServerSent]:
    """Return the events that have come to their end."""
    events: list[ServerSent] = []
    data: list[str] = []
    last_id = event_id = ""
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            last_id = event_id
            if data:
                events.append(ServerSent("\n".join(data), last_id))
            data = []
        elif name == "data":
            data.append(value)
        elif name == "id":
            event_id = value
    return events
