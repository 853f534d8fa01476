"""Telling server processes what to do to sessions: all of them, or the one that has a certain session.

Told through Redis, and kept nowhere: a process that does not hear does nothing. So whatever must hold is in the
database, as rights are, or is told again.
"""

import uuid

from hub import announce
from hub.core.control import DisconnectSessions, Refresh, SessionAction, Subscribe, Unsubscribe
from hub.core.types import JSONObject

__all__ = ["NODE", "DisconnectSessions", "Refresh", "Subscribe", "Unsubscribe", "tell_node", "tell_sessions"]

#: This process, for as long as it lives: a random id, by which others may speak to it alone.
NODE = str(uuid.uuid4())


def tell_sessions(action: SessionAction) -> bool:
    """Have every server process do something to the sessions that match.

    Waits `HUBBUB_REDIS_TIMEOUT` at most. A process does it in the order in which it hears of it.

    Returns:
        Whether Redis took it. If not, nobody heard: it may be told again, since each action twice is as good as once.
    Raises:
        BadRequest: what it carries is no JSON.
    """
    return announce.send_action(action)


def tell_node(node: str, message: JSONObject) -> bool:
    """Say something to one server process alone.

    Waits `HUBBUB_REDIS_TIMEOUT` at most.

    Arguments:
        node: its `NODE`.
        message: JSON.
    Returns:
        Whether a process took it. If not, there is none of that id, or it is cut off from Redis just now.
    Raises:
        BadRequest: the message is no JSON.
    """
    return announce.send_to_node(node, message)
