"""What an API key may do: only what its scopes say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework import permissions
from rest_framework.request import Request

from hub.models import ApiKey

if TYPE_CHECKING:
    # REST framework's settings name this module, and are read while its views are being imported.
    from rest_framework.views import APIView


class HasScope(permissions.BasePermission):
    """Lets an API key do what a view names a scope for, if the key has it; whoever else is logged in may pass.

    A view says which scope its actions (of a viewset) or methods need: `scopes = {"create": "chat:write"}`. What is
    not named there is closed to API keys: a key can do nothing that nobody thought of.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether the request may go on."""
        key = request.auth
        if not isinstance(key, ApiKey):
            return True
        scope = scope_needed(view, request.method or "")
        if scope is not None and scope in key.scopes:
            return True
        self.message = (
            "this cannot be done with an API key"
            if scope is None
            else f"expected an API key with the scope {scope!r}, got one with {', '.join(key.scopes) or 'none'}"
        )
        return False


def scope_needed(view: APIView, method: str) -> str | None:
    """Return the scope that an API key needs for what a view is asked to do; None where no key will do.

    Arguments:
        method: the HTTP method, for a view that has no actions.
    """
    scopes: dict[str, str] = getattr(view, "scopes", {})
    return scopes.get(getattr(view, "action", None) or method.lower())
