"""The Centrifugo client protocol, apart from how it is written: commands, the end of a connection, and what a codec is.

A codec writes one and the same protocol as JSON or as protobuf; nobody but the codecs knows which it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from hub.core.codes import default_reason
from hub.core.errors import BadRequest, HubError
from hub.core.frames import MAX_REASON
from hub.core.types import JSONObject
from hub.core.wire import DeltaFormat, Payload

#: What subscribers are told of a client: `user`, `client`, and where there is any, `conn_info` and `chan_info`.
ClientInfo = JSONObject


@dataclass(frozen=True, slots=True)
class Command:
    """What a client asks for."""

    #: Chosen by the client; the reply carries it back. 0 where there is none: `send` and a pong have no reply.
    id: int
    #: The name, e.g. `subscribe`; empty for an empty command, which is a pong where it has no id.
    method: str
    #: The members that came, of the right types. One that has its zero value (0, "", false, empty) is absent, as
    #: protobuf does not carry it; a payload (`data`) is there whenever it came, as the JSON value that it is.
    request: JSONObject
    #: Where a value in it cannot be taken though the command can be read: the error to answer with. Nothing is to be
    #: carried out then, and `request` is empty.
    refusal: BadRequest | None = None


class Disconnect(Exception):
    """The connection has to end.

    Arguments:
        code: the close code; its range alone tells the client whether to come back.
        reason: words for a person; the usual ones of the code where absent. Cut to what a close frame holds.
    """

    def __init__(self, code: int, reason: str = "") -> None:
        words = reason or default_reason(code)
        self.code = int(code)
        self.reason = words.encode(errors="replace")[:MAX_REASON].decode(errors="ignore")
        super().__init__(f"{self.code} {self.reason}")


class Codec(Protocol):
    """How commands, replies and pushes are written. A process has one object of each."""

    #: `json` or `protobuf`.
    name: str
    #: The server's ping: an empty reply.
    ping: Payload

    def decode(self, frame: Payload) -> list[Command]:
        """Read the commands of a frame, one at least.

        Raises:
            Disconnect: with 3501: this is not what the protocol says.
        """

    def decode_request(self, method: str, frame: Payload) -> JSONObject:
        """Read a request that stands alone, as a unidirectional connection begins with; nothing at all is an empty one.

        Arguments:
            method: which request it is, e.g. `connect`.
        Raises:
            Disconnect: with 3501: this is not what the protocol says.
        """

    def reply(self, command_id: int, method: str, result: JSONObject) -> Payload:
        """Return the reply to a command that was carried out.

        Arguments:
            result: by the members' names; zero values need not be left out. `publications` are a list of `Event`.
                Where `delta` is true their data are written as delta readers get them.
        Raises:
            BadRequest: a payload in it is not JSON.
        """

    def error(self, command_id: int, error: HubError) -> Payload:
        """Return the reply to a command that failed."""

    def push(self, kind: str, body: JSONObject, channel: str = "", *, bare: bool = False) -> Payload:
        """Return what the server says unasked.

        Arguments:
            kind: `join`, `leave`, `unsubscribe`, `subscribe`, `message`, `connect`, `disconnect` or `refresh`.
            body: as with the result of a reply.
            bare: without the reply around it, as unidirectional connections read it.
        Raises:
            BadRequest: a payload in it is not JSON.
        """

    def wire(self, *, bare: bool = False, join_leave: bool = False, delta: bool = False) -> DeltaFormat:
        """Return how the events of a stream are pushed; always the same object for the same arguments.

        Arguments:
            bare: as with `push`.
            join_leave: whether these subscribers are told who joins and leaves.
            delta: whether they understand patches. What is full then looks as these clients read it; their reader is
                a `hub.delta.DeltaReader`.
        """

    def frame(self, message: Payload) -> bytes:
        """Return a message as one whole WebSocket frame."""

    def join(self, messages: Sequence[Payload]) -> Payload:
        """Return several messages as one."""
