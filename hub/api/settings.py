"""The API's part of Django's settings. Imports nothing of Django: the settings import it."""

from typing import Any

#: URL modules of the applications that are served below `/api/v1/`, besides the hub's own.
API_URLS = ["chat.api.urls", "notifications.api.urls"]

REST_FRAMEWORK: dict[str, Any] = {
    # The first one's challenge goes with a 401. Headers come before the cookie: a program that sends one is not
    # asked for a CSRF token, and no foreign page can make a browser send one.
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "hub.api.authentication.TokenAuthentication",
        "hub.api.authentication.ApiKeyAuthentication",
        "hub.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "hub.api.permissions.HasScope",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["hub.api.throttling.UserThrottle"],
    # JSON only, both ways: a form post is what a foreign page can send without asking.
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["hub.api.parsers.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "hub.api.schema.Schema",
    "EXCEPTION_HANDLER": "hub.api.exceptions.answer",
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Hubbub",
    "DESCRIPTION": (
        "Rooms, messages and notifications over HTTP. What changes is told to WebSocket readers at once.\n\n"
        "Log in with a session (writes need the header `X-CSRFToken`), or send `Authorization: Bearer <token>` "
        "or `X-API-Key: <key>`."
    ),
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "COMPONENT_SPLIT_PATCH": False,
    # From static files of our own: the page's Content-Security-Policy lets no other site in.
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "hub.api.schema.document_errors",
    ],
}
