"""The streams `chat:<room slug>`: who may read them, and what can be asked of them."""

from collections.abc import Sequence

from django.contrib.auth.models import User

from chat import selectors, services
from chat.errors import InvalidField, UnknownRoom
from chat.events import message_object, user_object
from chat.inputs import check_names
from hub.core.streams import StreamName
from hub.core.types import JSONObject
from hub.namespaces import Asked, Caller, Draft, Namespace, command


class ChatNamespace(Namespace):
    """The rooms. One that the user may not know of is unknown, like one that does not exist."""

    prefix = "chat"
    separator = ":"
    presence = True
    presence_related = ("profile",)
    caller_related = ("profile",)

    def can_subscribe(self, user: User, stream: StreamName) -> bool:
        """Return True for a room that the user may read.

        Raises:
            UnknownRoom: there is none, or the user may not know of it.
        """
        selectors.room_for(user, stream.rest)
        return True

    def may_subscribe(self, asked: Sequence[Asked]) -> list[Exception | None]:
        """Say of many what `can_subscribe` says of one, with one query for the rooms and one for their members."""
        readable = selectors.readable_many([(user, stream.rest) for user, stream in asked])
        return [
            None if may_read else UnknownRoom(stream.rest)
            for (_, stream), may_read in zip(asked, readable, strict=True)
        ]

    def can_publish(self, user: User, stream: StreamName) -> bool:
        """Return True where the user may read: whether they may write, `message_post` says.

        Raises:
            UnknownRoom: there is none, or the user may not know of it.
        """
        return self.can_subscribe(user, stream)

    def may_publish(self, asked: Sequence[Asked]) -> list[Exception | None]:
        """Say of many what `can_publish` says of one, with the queries of `may_subscribe`."""
        return self.may_subscribe(asked)

    def on_publish(self, caller: Caller, draft: Draft) -> Draft | None:
        """Post a message, which publishes by itself: any client that can publish `{"body": text}` can chat.

        Raises:
            InvalidField: the event is something else.
            UnknownRoom, RoomClosed
        """
        data = draft.data
        if draft.type != "message" or not isinstance(data, dict):
            raise InvalidField("data", 'expected an event of the type "message" with a "body"')
        check_names(data, "body", "key")
        key = draft.key if draft.key is not None else data.get("key")
        services.message_post(caller.user, caller.stream.rest, data.get("body", ""), key=key)
        return None

    def presence_info(self, user: User) -> JSONObject:
        """Return the user as in every other event of the chat."""
        return user_object(user)

    @command("message.post", together=True)
    def post(self, caller: Caller, data: JSONObject) -> JSONObject:
        """Post a message: `{"body": text, "key"?: text}`. The result is the message."""
        check_names(data, "body", "key")
        slug = caller.stream.rest
        message, _ = services.message_post(caller.user, slug, data.get("body", ""), key=data.get("key"))
        return message_object(message)

    @command("typing")
    def typing(self, caller: Caller, data: JSONObject) -> JSONObject:
        """Tell the room that the caller is typing: `{}`. So is the result."""
        check_names(data)
        room = selectors.room_for(caller.user, caller.stream.rest)
        services.typing_announce(caller.user, room)
        return {}
