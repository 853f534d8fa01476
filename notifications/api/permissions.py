"""Who may notify others over HTTP."""

from rest_framework import permissions
from rest_framework.request import Request
from rest_framework.views import APIView

from hub.api.authentication import caller
from hub.models import ApiKey
from notifications import policies


class CanNotify(permissions.BasePermission):
    """Lets staff create notifications, and programs whose key has the scope for it (`HasScope` looks at that)."""

    message = "only staff, and API keys with the scope 'notifications:write', may notify others"

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether the request may go on: one's own inbox is for everybody."""
        if getattr(view, "action", None) != "create":
            return True
        return isinstance(request.auth, ApiKey) or policies.can_notify(caller(request))
