"""The methods of the server API, by name, and several of them in one request."""

import logging
from collections.abc import Callable, Iterator

from django.db import InterfaceError, OperationalError

from hub.core.errors import BadRequest, HubError, InternalError, MethodNotFound, NotAvailable
from hub.core.types import JSONObject, JSONValue
from hub.server_api import calling, connections, fields, history, presence, processes, publishing
from hub.server_api.answers import Result, error_text, result_text
from hub.server_api.authentication import Program

logger = logging.getLogger(__name__)

#: What each method does: gets who calls and the request, returns the result, raises a `HubError` for what it refuses.
METHODS: dict[str, Callable[[Program, JSONObject], Result]] = {
    "publish": publishing.publish,
    "broadcast": publishing.broadcast,
    "subscribe": connections.subscribe,
    "unsubscribe": connections.unsubscribe,
    "disconnect": connections.disconnect,
    "refresh": connections.refresh,
    "presence": presence.presence,
    "presence_stats": presence.presence_stats,
    "history": history.history,
    "history_remove": history.history_remove,
    "channels": processes.channels,
    "info": processes.info,
    "rpc": calling.rpc,
}

#: Methods of Centrifugo that the hub does not have: experimental ones, and those of Centrifugo PRO.
ABSENT = frozenset(
    {
        *("map_publish", "map_remove", "map_read_state", "map_read_stream", "map_stats", "map_clear"),
        *("shared_poll_publish", "connections", "get_user_status", "update_user_status", "delete_user_status"),
        *("block_user", "unblock_user", "revoke_token", "invalidate_user_tokens"),
        *("device_register", "device_update", "device_remove", "device_list", "device_topic_list"),
        *("device_topic_update", "user_topic_list", "user_topic_update"),
        *("send_push_notification", "update_push_status", "cancel_push", "rate_limit"),
    }
)


def call(program: Program, method: str, params: JSONValue) -> str:
    """Carry out a method. Returns its result as JSON text.

    Raises:
        HubError: it is refused, or failed; what happened is then in the server's log alone.
    """
    function = METHODS.get(method)
    if function is None:
        if method in ABSENT:
            raise NotAvailable(f"the method {method!r} is not available here")
        raise MethodNotFound(f"there is no method {method[:40]!r}")
    if params is None:
        params = {}
    if not isinstance(params, dict):
        raise BadRequest(f"expected the parameters of {method!r} to be an object, got {params!r:.80}")
    try:
        return result_text(function(program, params))
    except InternalError as error:
        logger.warning("%s failed: %s", method, error, extra={"action": "server_api_failed"})
        raise
    except HubError:
        raise
    except (OperationalError, InterfaceError) as error:
        logger.error("the database refused %s: %s", method, error, extra={"action": "database_refused"})
        raise InternalError("the database is busy; try again") from error
    except Exception as error:
        logger.exception("%s failed", method, extra={"action": "server_api_failed"})
        raise InternalError from error


def batch(program: Program, params: JSONObject) -> str:
    """Carry out `commands`, each `{method: parameters}`, in their order; `parallel` lets any order do.

    Each is for itself: one that fails stops no others.

    Returns:
        JSON text: for each `{method: result}` or `{"error": …}`.
    Raises:
        BadRequest: these are no commands.
    """
    fields.flag(params, "parallel")
    commands = [_command(one) for one in fields.items(params, "commands")]
    return f"[{','.join(_replies(program, commands))}]"


def _command(command: JSONValue) -> tuple[str, JSONValue]:
    given = [(name, value) for name, value in command.items() if value is not None] if isinstance(command, dict) else []
    if len(given) != 1:
        raise BadRequest(f"expected a command of a batch to be one method with its parameters, got {command!r:.80}")
    return given[0]


def _replies(program: Program, commands: list[tuple[str, JSONValue]]) -> Iterator[str]:
    for method, params in commands:
        try:
            # Known to be a method's name, once it was carried out.
            yield f'{{"{method}":{call(program, method, params)}}}'
        except HubError as error:
            yield f'{{"error":{error_text(error)}}}'
