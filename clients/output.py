"""What a person or the next program in a pipe gets to see: events on standard output, all else on standard error."""

import contextlib
import io
import json
import select
from typing import TextIO

from clients.wire import Event

DATA_CHARACTERS = 160


def printable(text: str) -> str:
    """Return `text` with everything escaped that could steer a terminal: other people write what is shown here."""
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)


def human_line(event: Event) -> str:
    """Return an event as one line: time, stream where there are several, offset, type, the beginning of its data."""
    offset = "-" if event.offset is None else f"#{event.offset}"
    data = json.dumps(event.data, ensure_ascii=False)
    if len(data) > DATA_CHARACTERS:
        data = data[: DATA_CHARACTERS - 1] + "…"
    stream = f"{event.stream:<20}  " if event.stream else ""
    return printable(f"{event.at or '-':<24}  {stream}{offset:>7}  {event.type:<20}  {data}")


def json_line(event: Event) -> str:
    """Return the event's frame itself on one line: in JSON, line ends stand between tokens only and mean nothing."""
    return event.text.replace("\r", " ").replace("\n", " ").strip()


class Output:
    """Writes events and messages.

    Arguments:
        events: where events go, one line each.
        messages: where everything else goes.
        as_json: whether an event is written as its JSON object.
        name: the command's name, put before each message.
    """

    def __init__(self, events: TextIO, messages: TextIO, *, as_json: bool, name: str) -> None:
        self._events = events
        self._messages = messages
        self._line = json_line if as_json else human_line
        self._name = name

    def wait(self) -> None:
        """Wait until somebody takes what is written: the next program in a pipe may be slow."""
        with contextlib.suppress(io.UnsupportedOperation):
            select.select([], [self._events.fileno()], [])

    def event(self, event: Event) -> None:
        """Write an event at once.

        Raises:
            BrokenPipeError: nobody reads any more.
        """
        self._events.write(self._line(event) + "\n")
        self._events.flush()

    def say(self, sentence: str) -> None:
        """Tell the person something; that nobody listens is no reason to stop."""
        with contextlib.suppress(BrokenPipeError):
            self._messages.write(f"{self._name}: {printable(sentence)}\n")
            self._messages.flush()
