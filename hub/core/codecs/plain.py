"""The plain wire format: one JSON object a text message, so that `JSON.parse(event.data)` is all a client needs.

`docs/reference/wire.md` shows each message.
"""

from dataclasses import dataclass

from hub.core.errors import BadRequest, HubError
from hub.core.events import Event, Position
from hub.core.frames import binary_frame, text_frame
from hub.core.json import decode_json_object, encode_json
from hub.core.publications import client_event
from hub.core.types import JSONObject
from hub.core.wire import Payload

#: Longest `id` of a command, in characters.
MAX_COMMAND_ID = 64

_MEMBERS = frozenset({"id", "command", "data"})


@dataclass(frozen=True, slots=True)
class Command:
    """What a client asks for."""

    #: Chosen by the client; the reply carries it back.
    id: str | int
    #: The name, e.g. `message.post`.
    name: str
    data: JSONObject


def encode_hello(stream: str, position: Position, *, recovered: bool, user: str) -> str:
    """Return the first message of a connection.

    Arguments:
        stream: the stream's name.
        position: where the reader stands: the next event has `position.offset + 1`.
        recovered: False when the position asked for is beyond what is kept, so that a snapshot must be loaded.
        user: the user name that the server took the client for.
    """
    return encode_json(
        {
            "hello": {
                "stream": stream,
                "epoch": position.epoch,
                "offset": position.offset,
                "recovered": recovered,
                "user": user,
            }
        }
    )


def encode_event(event: Event) -> str:
    """Return an event; an ephemeral one has no `offset`. The data goes out as it was written, not encoded again."""
    offset = "" if event.offset is None else f'"offset":{event.offset},'
    return f'{{{offset}"type":{encode_json(event.type)},"at":"{event.at}","data":{event.data}}}'


class PlainFormat:
    """The plain format as readers use it."""

    def encode(self, stream: str, event: Event) -> str:
        """Return an event as one message; it has one stream only, so it names none. Of clients it does not tell."""
        return "" if client_event(event) else encode_event(event)

    def frame(self, message: Payload) -> bytes:
        """Return a message as one whole WebSocket frame."""
        return text_frame(message) if isinstance(message, str) else binary_frame(message)


PLAIN = PlainFormat()


def encode_result(command_id: str | int, result: JSONObject) -> str:
    """Return the reply to a command that was carried out."""
    return encode_json({"id": command_id, "result": result})


def encode_error(error: HubError, command_id: str | int | None = None) -> str:
    """Return an error: the reply to a command, or, without `command_id`, one that answers none."""
    body: JSONObject = {"error": {"code": error.code, "message": error.message}}
    if error.temporary:
        body["error"]["temporary"] = True
    return encode_json(body if command_id is None else {"id": command_id} | body)


class BadCommand(BadRequest):
    """A command that cannot be understood, but whose `id` could be read, so that the error can answer it."""

    def __init__(self, message: str, command_id: str | int) -> None:
        super().__init__(message)
        self.command_id = command_id


def decode_command(text: str) -> Command:
    """Read a command.

    Raises:
        BadCommand: the text is JSON with a usable `id`, and the rest is wrong.
        BadRequest: no `id` could be read.
    """
    message = decode_json_object(text)
    command_id = _read_id(message)
    name, data = message.get("command"), message.get("data", {})
    if not isinstance(name, str):
        raise BadCommand(f'expected "command" to be a text, got {name!r:.80}', command_id)
    if not isinstance(data, dict):
        raise BadCommand(f'expected "data" to be an object, got {data!r:.80}', command_id)
    if unknown := sorted(message.keys() - _MEMBERS):
        raise BadCommand(f'expected only "id", "command" and "data", got also {unknown[0]!r:.80}', command_id)
    return Command(command_id, name, data)


def _read_id(message: JSONObject) -> str | int:
    value = message.get("id")
    if isinstance(value, str) and 0 < len(value) <= MAX_COMMAND_ID:
        return value
    # bool is an int in Python, never on the wire.
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise BadRequest(
        f'expected "id" to be a whole number or a text of 1 to {MAX_COMMAND_ID} characters, got {value!r:.80}'
    )
