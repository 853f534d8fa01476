"""Everything below `/api/v1/`."""

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView

# Imported for its description of the authentication classes, which drf-spectacular finds by itself then.
from hub.api import schema  # noqa: F401
from hub.api.settings import API_URLS
from hub.api.views import DocsView, MeView, TokenView, UnknownView

urlpatterns = [
    path("me/", MeView.as_view(), name="api-me"),
    path("token/", TokenView.as_view(), name="api-token"),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("docs/", DocsView.as_view(url_name="api-schema"), name="api-docs"),
    *(path("", include(module)) for module in API_URLS),
    # Last: whatever is left is not there.
    re_path("", UnknownView.as_view()),
]
