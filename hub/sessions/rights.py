"""What the namespaces say of the client of a session."""

from collections.abc import Sequence

from hub.batching import Batch
from hub.identity import AnyUser
from hub.namespaces import namespaces


def _server_side_many(users: Sequence[AnyUser]) -> list[list[str] | Exception]:
    return [_server_side(user) for user in users]


def _server_side(user: AnyUser) -> list[str] | Exception:
    try:
        return namespaces.server_side(user)
    except Exception as error:
        return error


#: The streams that somebody gets without asking.
server_side_of: Batch[AnyUser, list[str]] = Batch(_server_side_many)
