"""What goes in and out of the chat's endpoints.

The fields describe; the values are made by `chat.events`, so that an answer and an event show one thing alike.
"""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from chat import events
from chat.inputs import MAX_KEY
from chat.models import MAX_BODY, Membership, Message, Room
from hub.api.serializers import PositionSerializer
from hub.core.events import timestamp
from hub.core.types import JSONObject


class UserSerializer(serializers.Serializer[Any]):
    """A user as others see them."""

    id = serializers.IntegerField()
    username = serializers.CharField()
    display_name = serializers.CharField()


class RoomSerializer(serializers.ModelSerializer[Room]):
    """A room, as the caller sees it."""

    is_member = serializers.BooleanField(read_only=True)

    class Meta:
        model = Room
        fields = ("slug", "title", "topic", "is_private", "is_closed", "is_member", "created_at")
        read_only_fields = fields

    def to_representation(self, instance: Any) -> JSONObject:
        """Return the room as the caller sees it."""
        return {**events.room_object(instance), "is_member": instance.is_member}


class RoomCreateSerializer(serializers.Serializer[Any]):
    """A new room."""

    slug = serializers.CharField(max_length=64)
    title = serializers.CharField(max_length=100)
    topic = serializers.CharField(max_length=250, required=False, allow_blank=True)
    is_private = serializers.BooleanField(required=False)


class RoomUpdateSerializer(serializers.Serializer[Any]):
    """What an owner may change of a room."""

    title = serializers.CharField(max_length=100, required=False)
    topic = serializers.CharField(max_length=250, required=False, allow_blank=True)
    is_closed = serializers.BooleanField(required=False)


class MemberSerializer(serializers.ModelSerializer[Membership]):
    """A member of a room."""

    user = UserSerializer(read_only=True)

    class Meta:
        model = Membership
        fields = ("user", "role", "joined_at")
        read_only_fields = fields

    def to_representation(self, instance: Membership) -> JSONObject:
        """Return the member as readers of the room see them."""
        return {
            "user": events.user_object(instance.user),
            "role": instance.role,
            "joined_at": timestamp(instance.joined_at),
        }


class MemberAddSerializer(serializers.Serializer[Any]):
    """Whom to make a member."""

    username = serializers.CharField(max_length=150)


class MembersSerializer(serializers.Serializer[Any]):
    """All members of a room, in the order in which they joined."""

    results = MemberSerializer(many=True)


class PresentSerializer(serializers.Serializer[Any]):
    """Somebody who is in a room."""

    user = UserSerializer()
    connections = serializers.IntegerField(help_text="0 for whoever is away, and may be back in a moment.")


class PresenceSerializer(serializers.Serializer[Any]):
    """Who is in a room, those who came first at the front."""

    users = PresentSerializer(many=True, help_text="200 at most.")
    total = serializers.IntegerField(help_text="How many there are to list.")
    connections = serializers.IntegerField(help_text="How many connections they have together.")
    complete = serializers.BooleanField(help_text="Whether all users are listed.")
    epoch = serializers.CharField(help_text="Mark of the life of what keeps presence; numbers begin anew with another.")
    number = serializers.IntegerField(help_text="The last change that is in here: those with greater numbers are not.")


class MessageSerializer(serializers.ModelSerializer[Message]):
    """A message."""

    room: serializers.SlugRelatedField[Room] = serializers.SlugRelatedField(slug_field="slug", read_only=True)
    author = UserSerializer(read_only=True, allow_null=True)

    class Meta:
        model = Message
        fields = ("id", "room", "author", "body", "created_at", "edited_at")
        read_only_fields = fields

    def to_representation(self, instance: Message) -> JSONObject:
        """Return the message as readers of its room see it."""
        return events.message_object(instance)


class MessageCreateSerializer(serializers.Serializer[Any]):
    """A new message."""

    body = serializers.CharField(max_length=MAX_BODY)
    key = serializers.CharField(
        max_length=MAX_KEY,
        required=False,
        allow_null=True,
        trim_whitespace=False,
        help_text="Idempotency key of the caller's choice.",
    )


class MessageUpdateSerializer(serializers.Serializer[Any]):
    """What an author may change of a message."""

    body = serializers.CharField(max_length=MAX_BODY)


@extend_schema_serializer(many=False)
class HistorySerializer(serializers.Serializer[Any]):
    """A page of a room's messages, oldest first, and the position in the room's stream that it belongs to."""

    position = PositionSerializer()
    results = MessageSerializer(many=True)
    older = serializers.IntegerField(allow_null=True, help_text="Pass it as `before` for older messages.")
    newer = serializers.IntegerField(allow_null=True, help_text="Pass it as `after` for newer messages.")
