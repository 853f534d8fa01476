"""The ASGI application: HTTP for Django, sockets for the consumers. `daphne asgi:application` serves it."""

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
django_application = get_asgi_application()

# Only after Django is set up: consumers import models.
from hub.auth import AuthenticationMiddleware  # noqa: E402
from hub.edge import SiteMiddleware  # noqa: E402
from routing import websocket_urlpatterns  # noqa: E402

application = SiteMiddleware(
    ProtocolTypeRouter(
        {
            "http": django_application,
            "websocket": AuthenticationMiddleware(URLRouter(websocket_urlpatterns)),
        }
    )
)
