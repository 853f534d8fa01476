"""The inbox over HTTP."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_200_OK, HTTP_201_CREATED

from chat.selectors import user_named
from hub.api.authentication import caller
from hub.api.pagination import BEFORE, LIMIT, read_keyset
from hub.api.permissions import HasScope
from hub.api.router import ID
from hub.api.serializers import read_body
from hub.core.errors import BadRequest
from notifications import selectors, services
from notifications.api import serializers
from notifications.api.permissions import CanNotify
from notifications.models import Notification

_UNREAD = OpenApiParameter("unread", OpenApiTypes.BOOL, description="true: leave out what is read.")
_ID = OpenApiParameter("id", OpenApiTypes.INT64, OpenApiParameter.PATH)


@extend_schema(tags=["notifications"])
class NotificationViewSet(viewsets.GenericViewSet[Notification]):
    """The caller's own inbox; for staff and programs, also a way into those of others."""

    serializer_class = serializers.NotificationSerializer
    # For the schema: views take their rows from the selectors.
    queryset = Notification.objects.none()
    lookup_field = "id"
    lookup_value_regex = ID
    permission_classes = [IsAuthenticated, HasScope, CanNotify]
    scopes = {"create": "notifications:write"}

    @extend_schema(parameters=[BEFORE, LIMIT, _UNREAD], responses=serializers.InboxSerializer, filters=False)
    def list(self, request: Request) -> Response:
        """Return a page of the inbox, newest first."""
        keyset = read_keyset(request)
        if keyset.after is not None:
            raise BadRequest("expected before and limit only: an inbox is paged from new to old")
        page = selectors.inbox_page(
            caller(request), before=keyset.before, limit=keyset.limit, unread_only=_read_unread(request)
        )
        return Response(
            {
                "position": {"epoch": page.position.epoch, "offset": page.position.offset},
                "unread": page.unread,
                "results": self.get_serializer(page.notifications, many=True).data,
                "older": page.older,
            }
        )

    @extend_schema(
        request=serializers.NotifySerializer,
        responses={
            201: serializers.NotificationSerializer,
            200: OpenApiResponse(serializers.NotificationSerializer, "The key was used before: its first one."),
        },
    )
    def create(self, request: Request) -> Response:
        """Tell a user something; for staff, and for API keys with the scope `notifications:write`."""
        data = read_body(serializers.NotifySerializer, request)
        notification, created = services.notify_once(user_named(data.pop("username")), **data)
        return Response(self.get_serializer(notification).data, HTTP_201_CREATED if created else HTTP_200_OK)

    @extend_schema(parameters=[_ID], request=None, responses=serializers.ReadSerializer)
    @action(detail=True, methods=["post"])
    def read(self, request: Request, id: str) -> Response:
        """Mark one as read."""
        return Response(services.notification_read(caller(request), int(id)))

    @extend_schema(request=None, responses=serializers.ReadAllSerializer)
    @action(detail=False, methods=["post"])
    def read_all(self, request: Request) -> Response:
        """Mark all as read."""
        return Response(services.notification_read_all(caller(request)))


def _read_unread(request: Request) -> bool:
    value = request.query_params.get("unread", "false")
    if value not in {"true", "false"}:
        raise BadRequest(f"expected unread to be true or false, got {value[:40]!r}")
    return value == "true"
