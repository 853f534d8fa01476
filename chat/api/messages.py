"""A room's messages over HTTP."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT

from chat import selectors, services
from chat.api import serializers
from chat.models import Message, Room
from hub.api.authentication import caller
from hub.api.pagination import AFTER, BEFORE, LIMIT, read_keyset
from hub.api.router import ID
from hub.api.serializers import read_body

_ROOM = OpenApiParameter("slug", OpenApiTypes.STR, OpenApiParameter.PATH)
_ID = OpenApiParameter("id", OpenApiTypes.INT64, OpenApiParameter.PATH)


@extend_schema(tags=["messages"], parameters=[_ROOM])
class MessageViewSet(viewsets.GenericViewSet[Message]):
    """The messages of a room that the caller may read."""

    serializer_class = serializers.MessageSerializer
    # For the schema: views take their rows from the selectors.
    queryset = Message.objects.none()
    lookup_field = "id"
    lookup_value_regex = ID
    scopes = {"create": "chat:write"}

    @extend_schema(parameters=[BEFORE, AFTER, LIMIT], responses=serializers.HistorySerializer, filters=False)
    def list(self, request: Request, slug: str) -> Response:
        """Return the latest page, or the one next to `before` or `after`; oldest first."""
        keyset = read_keyset(request)
        page = selectors.history_page(self._room(slug), before=keyset.before, after=keyset.after, limit=keyset.limit)
        return Response(
            {
                "position": {"epoch": page.position.epoch, "offset": page.position.offset},
                "results": self.get_serializer(page.messages, many=True).data,
                "older": page.older,
                "newer": page.newer,
            }
        )

    @extend_schema(
        request=serializers.MessageCreateSerializer,
        responses={
            201: serializers.MessageSerializer,
            200: OpenApiResponse(serializers.MessageSerializer, "The key was used before: its first message."),
        },
    )
    def create(self, request: Request, slug: str) -> Response:
        """Post a message; in a public room, posting joins."""
        data = read_body(serializers.MessageCreateSerializer, request)
        message, created = services.message_post(caller(request), self._room(slug), **data)
        return self._answer(message, HTTP_201_CREATED if created else HTTP_200_OK)

    @extend_schema(parameters=[_ID])
    def retrieve(self, request: Request, slug: str, id: str) -> Response:
        """Return a message."""
        return self._answer(selectors.message_in(self._room(slug), int(id)))

    @extend_schema(
        parameters=[_ID],
        request=serializers.MessageUpdateSerializer,
        responses=serializers.MessageSerializer,
    )
    def partial_update(self, request: Request, slug: str, id: str) -> Response:
        """Change a message of one's own."""
        data = read_body(serializers.MessageUpdateSerializer, request)
        return self._answer(services.message_edit(caller(request), self._room(slug), int(id), **data))

    @extend_schema(parameters=[_ID], responses={204: None})
    def destroy(self, request: Request, slug: str, id: str) -> Response:
        """Delete a message of one's own, or any in a room that one owns."""
        services.message_delete(caller(request), self._room(slug), int(id))
        return Response(status=HTTP_204_NO_CONTENT)

    def _room(self, slug: str) -> Room:
        return selectors.room_for(caller(self.request), slug)

    def _answer(self, message: Message, status: int = HTTP_200_OK) -> Response:
        data: Any = self.get_serializer(message).data
        return Response(data, status)
