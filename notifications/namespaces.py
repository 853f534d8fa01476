"""The streams `inbox#<user id>`: each is its user's own."""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import User

from chat.errors import InvalidField
from chat.inputs import check_names
from hub.core.streams import StreamName
from hub.core.types import JSONObject
from hub.namespaces import Caller, Namespace, command
from notifications import policies, services

#: The greatest id a database gives.
_MAX_ID = 2**63 - 1


class InboxNamespace(Namespace):
    """The inboxes. Any but one's own is refused alike, whether its user exists or not."""

    prefix = "inbox"
    separator = "#"

    def can_subscribe(self, user: User, stream: StreamName) -> bool:
        """Return whether the stream is the user's own."""
        return stream.rest == str(user.pk) and policies.can_read(user, user.pk)

    def can_publish(self, user: User, stream: StreamName) -> bool:
        """Return False: what is told goes through `notifications.services.notify`, so that it is kept too."""
        return False

    def server_side(self, user: User) -> Sequence[str]:
        """Return the user's own inbox: nobody has to know its name."""
        return (f"{self.prefix}{self.separator}{user.pk}",)

    @command("notification.read")
    def read(self, caller: Caller, data: JSONObject) -> JSONObject:
        """Mark one as read: `{"id": number}`. The result is `{"id", "read_at", "unread"}`."""
        check_names(data, "id")
        return services.notification_read(caller.user, _check_id(data.get("id")))

    @command("notification.read_all")
    def read_all(self, caller: Caller, data: JSONObject) -> JSONObject:
        """Mark all as read: `{}`. The result is `{"through", "read_at", "unread"}`."""
        check_names(data)
        return services.notification_read_all(caller.user)


def _check_id(value: Any) -> int:
    # True is an int in Python, and no id.
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= _MAX_ID:
        raise InvalidField("id", f"expected the id of a notification, got {value!r:.40}")
    return value
