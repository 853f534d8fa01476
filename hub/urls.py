"""The site's URLs."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path

from hub.health import health
from hub.views import app_page

handler500 = "hub.views.server_error"

urlpatterns = [
    path("", app_page, name="app"),
    path("login/", LoginView.as_view(template_name="hub/login.html"), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("health", health, name="health"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("hub.api.urls")),
    path("", include("hub.server_api.urls")),
]
if "debug_toolbar" in settings.INSTALLED_APPS:
    urlpatterns.append(path("__debug__/", include("debug_toolbar.urls")))
