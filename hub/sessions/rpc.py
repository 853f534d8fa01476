"""The command `rpc`: a command of a namespace, as it would be sent over a plain connection to one stream."""

from hub.core.errors import BadRequest, MethodNotFound
from hub.core.protocol import Command
from hub.core.types import JSONObject, JSONValue
from hub.namespaces import namespaces


def called(command: Command) -> tuple[str, str, JSONObject]:
    """Return the stream, the name and the data of the namespace's command that is called.

    Arguments:
        command: `rpc` with the name as `method`, and as `data` what the command takes, and besides the `stream`.
    Raises:
        NotAvailable: there are no commands at all.
        MethodNotFound: no namespace has one of that name.
        BadRequest: no stream is named.
    """
    name: str = command.request.get("method", "")
    data: JSONValue = command.request.get("data")
    stream = data.get("stream") if isinstance(data, dict) else None
    if not namespaces.knows_command(name):
        raise MethodNotFound(f"there is no command {name[:40]!r}")
    if not isinstance(data, dict) or not isinstance(stream, str):
        raise BadRequest(f'expected data with the name of a stream as "stream", got {data!r:.80}')
    return stream, name, {key: value for key, value in data.items() if key != "stream"}
