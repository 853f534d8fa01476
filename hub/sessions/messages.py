"""The command `send`: something that a client says to the application, and that nobody answers."""

from functools import lru_cache
from typing import Any

from django.utils.module_loading import import_string

from hub.conf import conf
from hub.core.types import JSONObject, JSONValue
from hub.identity import AnyUser


def take_message(user: AnyUser, client: JSONObject, data: JSONValue) -> None:
    """Give a message to the application: call `HUBBUB_MESSAGE_HANDLER`, with the database at hand.

    Arguments:
        user: whose connection it came over.
        client: what others see of that (ClientInfo).
        data: any JSON.
    """
    _handler(conf.MESSAGE_HANDLER)(user, client, data)


@lru_cache(1)
def _handler(path: str) -> Any:
    return import_string(path)
