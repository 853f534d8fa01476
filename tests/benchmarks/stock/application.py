"""A chat room as in the tutorial of Channels: one group a room on the channel layer, one message to each consumer.

It has no users, no rights and no log. Environment: STOCK_LAYER, `core` or `pubsub`; STOCK_REDIS, the address of Redis.
"""

import json
import os
from typing import Any

import django
from django.conf import settings

LAYERS: dict[str, dict[str, Any]] = {
    # Its default keeps 100 messages for a whole process, and drops what is more.
    "core": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"capacity": 100_000}},
    "pubsub": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {}},
}

_layer = LAYERS[os.environ.get("STOCK_LAYER", "pubsub")]
_layer["CONFIG"]["hosts"] = [os.environ.get("STOCK_REDIS", "redis://127.0.0.1:6379")]
settings.configure(
    SECRET_KEY="nothing is signed by it",
    ALLOWED_HOSTS=["*"],
    INSTALLED_APPS=["daphne", "channels"],
    CHANNEL_LAYERS={"default": _layer},
)
django.setup()

# Only after Django is set up.
from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import path  # noqa: E402


class ChatConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels has no types
    """A connection to one room."""

    async def connect(self) -> None:
        """Join the room's group."""
        self.group = f"chat_{self.scope['url_route']['kwargs']['room']}"
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        """Leave it."""
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Tell the group what the client says."""
        message = json.loads(text_data or "{}")["message"]
        await self.channel_layer.group_send(self.group, {"type": "chat.message", "message": message})

    async def chat_message(self, event: dict[str, str]) -> None:
        """Tell the client what the group was told."""
        await self.send(text_data=json.dumps({"message": event["message"]}))


# Django types what it routes to as a view; Channels routes to ASGI applications.
_chat: Any = ChatConsumer.as_asgi()
application = ProtocolTypeRouter({"websocket": URLRouter([path("ws/chat/<str:room>/", _chat)])})
