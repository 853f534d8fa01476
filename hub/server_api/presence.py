"""Which clients read a stream, for other programs."""

from hub.core.codecs.centrifugo import written
from hub.core.errors import InternalError, NotAvailable
from hub.core.types import JSONObject
from hub.namespaces import namespaces
from hub.presence import PresenceUnknown
from hub.presence.clients import clients, clients_count
from hub.server_api import fields
from hub.server_api.answers import Written
from hub.server_api.authentication import Program


def presence(program: Program, params: JSONObject) -> Written:
    """Return the clients that read a stream, `channel`, by id: `presence`. Of a large one not all are listed.

    Raises:
        UnknownStream, NotAvailable: there is no such stream, or it has no presence.
        InternalError: it is not known just now.
    """
    name = _stream_with_presence(params)
    try:
        return Written(written("PresenceResult", {"presence": clients(name)}))
    except PresenceUnknown as error:
        # Not what the protocol's code of that error says, which is that it never will be known.
        raise InternalError(error.message) from error


def presence_stats(program: Program, params: JSONObject) -> Written:
    """Return how many clients read a stream, `channel`: `num_clients`, and `num_users`, of how many users they are.

    Raises:
        UnknownStream, NotAvailable, InternalError: as `presence`.
    """
    name = _stream_with_presence(params)
    try:
        num_clients, num_users = clients_count(name)
    except PresenceUnknown as error:
        raise InternalError(error.message) from error
    counts = {"num_clients": num_clients, "num_users": num_users}
    return Written(written("PresenceStatsResult", counts))


def _stream_with_presence(params: JSONObject) -> str:
    name = fields.channel(params)
    if not namespaces.has_presence(name):
        raise NotAvailable(f"who reads {name!r} is not known")
    return name
