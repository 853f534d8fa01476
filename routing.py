"""The site's sockets: those of its apps, and a clear refusal for every other path."""

from typing import Any

from django.urls import re_path

from chat.routing import websocket_urlpatterns as chat_urlpatterns
from hub.edge import refuse
from hub.routing import websocket_urlpatterns as hub_urlpatterns
from notifications.routing import websocket_urlpatterns as notifications_urlpatterns

# Django types what it routes to as a view; Channels routes to ASGI applications.
_refuse: Any = refuse

websocket_urlpatterns = [*chat_urlpatterns, *notifications_urlpatterns, *hub_urlpatterns, re_path("", _refuse)]
