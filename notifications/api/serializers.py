"""What goes in and out of the notifications' endpoints.

The fields describe; the values are made by `notifications.events`, so that an answer and an event show one thing alike.
"""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from chat.inputs import MAX_KEY
from hub.api.serializers import PositionSerializer
from hub.core.types import JSONObject
from notifications import events
from notifications.links import MAX_URL, validate_link
from notifications.models import KIND, MAX_BODY, MAX_TITLE, Notification


class NotificationSerializer(serializers.ModelSerializer[Notification]):
    """A notification."""

    class Meta:
        model = Notification
        fields = ("id", "kind", "title", "body", "url", "created_at", "read_at")
        read_only_fields = fields

    def to_representation(self, instance: Notification) -> JSONObject:
        """Return the notification as its user sees it."""
        return events.notification_object(instance)


class NotifySerializer(serializers.Serializer[Any]):
    """A new notification."""

    username = serializers.CharField(max_length=150)
    title = serializers.CharField(max_length=MAX_TITLE)
    body = serializers.CharField(max_length=MAX_BODY, required=False, allow_blank=True)
    kind = serializers.CharField(max_length=40, required=False, validators=[KIND])
    url = serializers.CharField(max_length=MAX_URL, required=False, allow_blank=True, validators=[validate_link])
    key = serializers.CharField(
        max_length=MAX_KEY,
        required=False,
        allow_null=True,
        trim_whitespace=False,
        help_text="Idempotency key of the sender's choice.",
    )


@extend_schema_serializer(many=False)
class InboxSerializer(serializers.Serializer[Any]):
    """A page of the inbox, newest first, and the position in its stream that it belongs to."""

    position = PositionSerializer()
    unread = serializers.IntegerField(help_text="Unread notifications in the whole inbox.")
    results = NotificationSerializer(many=True)
    older = serializers.IntegerField(allow_null=True, help_text="Pass it as `before` for older notifications.")


class ReadSerializer(serializers.Serializer[Any]):
    """That a notification is read."""

    id = serializers.IntegerField()
    read_at = serializers.DateTimeField()
    unread = serializers.IntegerField(help_text="What is still unread.")


class ReadAllSerializer(serializers.Serializer[Any]):
    """That everything is read."""

    through = serializers.IntegerField(allow_null=True, help_text="The greatest id in the inbox.")
    read_at = serializers.DateTimeField()
    unread = serializers.IntegerField(help_text="What is still unread.")
