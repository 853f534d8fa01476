"""The notifications' end of a WebSocket."""

from hub.consumers import StreamConsumer
from notifications.events import stream_name


class NotificationConsumer(StreamConsumer):
    """A connection to one's own inbox, at `/ws/notifications/`."""

    def stream_name(self) -> str:
        """Return the stream of the inbox of the user who opened the socket."""
        return stream_name(self.user.pk)
