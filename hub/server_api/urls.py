"""The addresses of the server API. Below `/api/v1/` is another one: the site's own."""

from django.urls import path, re_path

from hub.server_api import views

urlpatterns = [
    path("api", views.commands),
    # No digit: `/api/v1` is not a method.
    re_path(r"^api/(?P<method>[a-z_]+)$", views.call),
]
