"""The chat's end of a WebSocket."""

from hub.consumers import StreamConsumer


class ChatConsumer(StreamConsumer):
    """A connection to one room, at `/ws/chat/<room slug>/`."""

    def stream_name(self) -> str:
        """Return the stream of the room that the address names."""
        return f"chat:{self.path['slug']}"
