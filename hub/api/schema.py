"""What the OpenAPI description says beyond the views: how to log in, and how errors look."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

from hub.api.permissions import HasScope, scope_needed
from hub.core.types import JSONObject

_ERROR: JSONObject = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "integer", "description": "Stable number of the error."},
                "message": {"type": "string", "description": "What was expected and what came, for a person."},
                "fields": {
                    "type": "object",
                    "description": "Problems by field, where the input is wrong.",
                    "additionalProperties": {},
                },
            },
        }
    },
}


class Schema(AutoSchema):
    """Describes an operation; an API key as a way in only where a scope opens it."""

    def get_auth(self) -> list[JSONObject]:
        """Return the ways to log in that the operation takes."""
        ways: list[JSONObject] = super().get_auth()
        checked = any(isinstance(permission, HasScope) for permission in self.view.get_permissions())
        closed = checked and scope_needed(self.view, self.method) is None
        return [way for way in ways if not (closed and ApiKeyScheme.name in way)]


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """`Authorization: Bearer <JWT>`."""

    target_class = "hub.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> JSONObject:
        """Return the scheme's description."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """`X-API-Key: <key>`."""

    target_class = "hub.api.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> JSONObject:
        """Return the scheme's description."""
        return {"type": "apiKey", "in": "header", "name": "X-API-Key"}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The session cookie."""

    target_class = "hub.api.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> JSONObject:
        """Return the scheme's description."""
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}


def document_errors(result: JSONObject, generator: Any, request: Any, public: bool) -> JSONObject:
    """Give every operation the one answer that all failures have; a postprocessing hook of drf-spectacular."""
    result.setdefault("components", {}).setdefault("schemas", {})["Error"] = _ERROR
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"].setdefault("default", {"description": "It failed.", "content": content})
    return result
