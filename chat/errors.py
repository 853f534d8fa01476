"""What the chat may refuse, as the client is told.

HubError
├── UnknownStream 102
│   ├── UnknownRoom       there is none, or the asker may not know that there is
│   ├── UnknownMessage
│   └── UnknownUser
├── BadRequest 107
│   └── InvalidField      one named field is wrong
└── RoomClosed 400
"""

from typing import Any

from hub.core.errors import BadRequest, HubError, UnknownStream


class PortableError(HubError):
    """An error whose constructor composes its sentence, and that can be sent to another process all the same.

    Celery does so with what a task raises. An exception is otherwise made anew by its constructor from its sentence.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        """Say how to make the same error again (pickle)."""
        return _remake, (type(self), self.args), self.__dict__


def _remake(kind: type[PortableError], args: tuple[Any, ...]) -> PortableError:
    error = kind.__new__(kind)
    error.args = args
    return error


class UnknownRoom(PortableError, UnknownStream):
    """There is no such room, or the asker may not know that there is: both answer with the same words.

    Arguments:
        slug: the slug asked for.
    """

    def __init__(self, slug: str) -> None:
        super().__init__(f"there is no room {slug[:80]!r}")


class UnknownMessage(PortableError, UnknownStream):
    """The room has no such message.

    Arguments:
        message_id: the id asked for.
    """

    def __init__(self, message_id: int) -> None:
        super().__init__(f"there is no message {message_id} in this room")


class UnknownUser(PortableError, UnknownStream):
    """There is no active user of that name.

    Arguments:
        username: the name asked for.
    """

    def __init__(self, username: str) -> None:
        super().__init__(f"there is no active user {username[:150]!r}")


class InvalidField(PortableError, BadRequest):
    """One field of what came in is wrong.

    Arguments:
        field: its name, e.g. `body`.
        problem: what was expected and what came, without the field's name.
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        #: The problem by field, as the REST API shows it.
        self.fields = {field: [problem]}


class RoomClosed(HubError):
    """The room can be read, and no longer written to."""

    code = 400
    default_message = "room is closed"
