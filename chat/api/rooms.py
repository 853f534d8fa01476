"""Rooms and their members over HTTP."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED, HTTP_204_NO_CONTENT

from chat import policies, selectors, services
from chat.api import serializers
from chat.events import stream_name
from chat.inputs import check_text
from chat.models import Room
from hub.api.authentication import caller
from hub.api.pagination import NamePagination
from hub.api.serializers import read_body
from hub.core.errors import PermissionDenied
from hub.namespaces import namespaces

_WORDS = OpenApiParameter("q", OpenApiTypes.STR, description="Words to look for in slug, title and topic.")


@extend_schema(tags=["rooms"])
class RoomViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Room]):
    """The rooms that the caller may read. Any other is answered like one that does not exist."""

    serializer_class = serializers.RoomSerializer
    pagination_class = NamePagination
    # For the schema: views take their rows from the selectors.
    queryset = Room.objects.none()
    lookup_field = "slug"
    lookup_value_regex = r"[\w-]{1,64}"

    def get_queryset(self) -> QuerySet[Room]:
        """Return the caller's rooms, those that `q` finds where it is given."""
        words = check_text("q", self.request.query_params.get("q", ""), minimum=0, maximum=100)
        user = caller(self.request)
        return selectors.rooms_found(user, words) if words else selectors.rooms_readable(user)

    @extend_schema(parameters=[_WORDS])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List rooms by slug, in pages."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=serializers.RoomCreateSerializer, responses={201: serializers.RoomSerializer})
    def create(self, request: Request) -> Response:
        """Make a room; the caller becomes its owner."""
        data = read_body(serializers.RoomCreateSerializer, request)
        room = services.room_create(caller(request), **data)
        return self._answer(room.slug, HTTP_201_CREATED)

    def retrieve(self, request: Request, slug: str) -> Response:
        """Return a room."""
        return self._answer(slug)

    @extend_schema(request=serializers.RoomUpdateSerializer, responses=serializers.RoomSerializer)
    def partial_update(self, request: Request, slug: str) -> Response:
        """Change a room; for its owners."""
        data = read_body(serializers.RoomUpdateSerializer, request)
        services.room_update(caller(request), self._room(slug), **data)
        return self._answer(slug)

    @extend_schema(request=None, responses=serializers.RoomSerializer)
    @action(detail=True, methods=["post"])
    def join(self, request: Request, slug: str) -> Response:
        """Become a member."""
        services.room_join(caller(request), self._room(slug))
        return self._answer(slug)

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["post"])
    def leave(self, request: Request, slug: str) -> Response:
        """Be no member any more."""
        services.room_leave(caller(request), self._room(slug))
        return Response(status=HTTP_204_NO_CONTENT)

    @extend_schema(responses=serializers.MembersSerializer, operation_id="rooms_members_list")
    @action(detail=True, methods=["get"])
    def members(self, request: Request, slug: str) -> Response:
        """List the members, in the order in which they joined."""
        rows = selectors.members(self._room(slug))
        return Response({"results": serializers.MemberSerializer(rows, many=True).data})

    @extend_schema(
        request=serializers.MemberAddSerializer,
        responses={201: serializers.MemberSerializer},
        operation_id="rooms_members_add",
    )
    @members.mapping.post
    def member_add(self, request: Request, slug: str) -> Response:
        """Make somebody a member; for owners."""
        data = read_body(serializers.MemberAddSerializer, request)
        room = self._managed_room(slug)
        membership = services.member_add(caller(request), room, selectors.user_named(data["username"]))
        return Response(serializers.MemberSerializer(membership).data, HTTP_201_CREATED)

    @extend_schema(
        parameters=[OpenApiParameter("username", OpenApiTypes.STR, OpenApiParameter.PATH)],
        responses={204: None},
        operation_id="rooms_members_remove",
    )
    @action(detail=True, methods=["delete"], url_path=r"members/(?P<username>[\w.@+-]{1,150})")
    def member_remove(self, request: Request, slug: str, username: str) -> Response:
        """Take a member's membership; for owners."""
        room = self._managed_room(slug)
        services.member_remove(caller(request), room, selectors.member_named(room, username))
        return Response(status=HTTP_204_NO_CONTENT)

    @extend_schema(responses=serializers.PresenceSerializer)
    @action(detail=True, methods=["get"])
    def presence(self, request: Request, slug: str) -> Response:
        """Tell who is in the room just now, over whatever connection to whatever server process."""
        user = caller(request)
        return Response(namespaces.presence(user, stream_name(self._room(slug))))

    def _room(self, slug: str) -> Room:
        return selectors.room_for(caller(self.request), slug)

    def _managed_room(self, slug: str) -> Room:
        # Asked before any name is looked up: only an owner may learn who exists.
        room = self._room(slug)
        user = caller(self.request)
        if not policies.can_manage(user, room, selectors.role_of(user, room)):
            raise PermissionDenied("only the room's owners may do this")
        return room

    def _answer(self, slug: str, status: int = 200) -> Response:
        # Read anew: whether the caller is a member may have changed with the rest.
        return Response(self.get_serializer(self._room(slug)).data, status)
