"""The ASGI application: pages for Django, sockets for the consumers. `daphne asgi:application` serves it."""

import os
from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import re_path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
# Django types its messages more narrowly than ASGI does.
django_application: Any = get_asgi_application()

# Only after Django is set up: consumers import models.
from hub.auth import AuthenticationMiddleware  # noqa: E402
from hub.checks import check_before_start  # noqa: E402
from hub.edge import SiteMiddleware  # noqa: E402
from hub.routing import session_urlpatterns  # noqa: E402
from hub.sessions.routing import SessionRouter  # noqa: E402
from routing import websocket_urlpatterns  # noqa: E402

check_before_start()

# Django types what it routes to as a view; Channels routes to ASGI applications.
_authenticated: Any = AuthenticationMiddleware(URLRouter(websocket_urlpatterns))

application = SiteMiddleware(
    ProtocolTypeRouter(
        {
            "http": SessionRouter(django_application),
            "websocket": URLRouter([*session_urlpatterns, re_path("", _authenticated)]),
        }
    )
)
