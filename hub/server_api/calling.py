"""Commands of namespaces, called by other programs in the name of the user of their key."""

from hub.core.errors import BadRequest, MethodNotFound, NotAvailable
from hub.core.types import JSONObject
from hub.namespaces import Caller, namespaces
from hub.server_api import fields
from hub.server_api.authentication import Program


def rpc(program: Program, params: JSONObject) -> JSONObject:
    """Carry out a command: `method`, its name, and `params`, its data with the `stream` that it is for.

    Returns:
        `data`: the command's result.
    Raises:
        NotAvailable: the key is the one of the settings, which is no user's.
        MethodNotFound: no stream has such a command, or not this one.
        HubError: whatever the command refuses.
    """
    method, given = fields.text(params, "method"), fields.mapping(params, "params") or {}
    if not method:
        raise BadRequest('expected "method", got none')
    if not any(method in namespace.commands for namespace in namespaces):
        raise MethodNotFound(f"there is no command {method[:40]!r}")
    if program.user is None:
        raise NotAvailable("expected an API key of a user, got the one of the settings: a command has to be somebody's")
    stream = fields.text(given, "stream")
    namespace, name = namespaces.resolve(stream)
    data = {key: value for key, value in given.items() if key != "stream"}
    return {"data": namespace.run(Caller(program.user, name), method, data)}
