"""The chat's WebSocket addresses."""

from django.urls import path

from chat.consumers import ChatConsumer

websocket_urlpatterns = [
    # Any text, not a slug only: a room that cannot exist is answered like one that does not.
    path("ws/chat/<str:slug>/", ChatConsumer.as_asgi()),
]
