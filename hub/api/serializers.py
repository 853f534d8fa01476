"""The shapes of the hub's own endpoints, and of parts that several applications' answers have."""

from typing import Any

from django.contrib.auth.models import User
from rest_framework import serializers
from rest_framework.request import Request

from hub.auth import display_name


class PositionSerializer(serializers.Serializer[Any]):
    """The place in a stream that a snapshot belongs to: follow the stream from here."""

    epoch = serializers.CharField()
    offset = serializers.IntegerField()


class MeSerializer(serializers.ModelSerializer[User]):
    """Who is calling."""

    display_name = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = ("id", "username", "display_name", "is_staff")
        read_only_fields = fields

    def get_display_name(self, user: User) -> str:
        """Return the name to show for the user."""
        return display_name(user)


class TokenSerializer(serializers.Serializer[Any]):
    """A token, and when it ends."""

    token = serializers.CharField()
    expires_at = serializers.DateTimeField()


def read_body(serializer_class: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """Return the body of a request as a serializer takes it.

    Raises:
        ValidationError: a field is missing or wrong.
    """
    serializer = serializer_class(data=request.data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
