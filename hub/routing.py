"""The engine's WebSocket addresses: any stream by its name, and sessions of many."""

from typing import Any

from django.urls import path

from hub.consumers import NamedStreamConsumer
from hub.sessions.uni_websocket import uni_websocket
from hub.sessions.websocket import websocket

websocket_urlpatterns = [
    # A name may hold a slash. One that cannot be a stream's is answered like one of a stream that there is not.
    path("ws/stream/<path:name>/", NamedStreamConsumer.as_asgi()),
]

# Django types what it routes to as a view; Channels routes to ASGI applications.
_websocket: Any = websocket
_uni_websocket: Any = uni_websocket

#: Who their clients are is asked by their first command, not by the handshake.
session_urlpatterns = [path("connection/websocket", _websocket), path("connection/uni_websocket", _uni_websocket)]
