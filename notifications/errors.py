"""What the notifications may refuse, besides what the chat's errors say already."""

from chat.errors import PortableError
from hub.core.errors import UnknownStream


class UnknownNotification(PortableError, UnknownStream):
    """The user has no such notification; somebody else may.

    Arguments:
        notification_id: the id asked for.
    """

    def __init__(self, notification_id: int) -> None:
        super().__init__(f"there is no notification {notification_id}")
