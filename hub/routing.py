"""The engine's WebSocket address: any stream by its name."""

from django.urls import path

from hub.consumers import NamedStreamConsumer

websocket_urlpatterns = [
    # A name may hold a slash. One that cannot be a stream's is answered like one of a stream that there is not.
    path("ws/stream/<path:name>/", NamedStreamConsumer.as_asgi()),
]
