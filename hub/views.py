"""The site's pages: the app, and what is shown when one fails. The login page is a view of Django's own."""

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe
from django.views.defaults import server_error as default_server_error

from hub.api.exceptions import server_error as api_server_error
from hub.auth import display_name


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a request that failed by our own fault: JSON to the API's clients, a page to everyone else."""
    if request.path.startswith("/api/"):
        return api_server_error(request)
    return default_server_error(request)


@require_safe
@login_required
# The page's scripts read the CSRF token from its cookie, which Django sets only where somebody asks for it.
@ensure_csrf_cookie
# A page from the browser's cache would show the user who was logged in before.
@never_cache
def app_page(request: HttpRequest) -> HttpResponse:
    """Show rooms, messages and the inbox of the logged-in user; anybody else is sent to the login page."""
    user = request.user
    assert isinstance(user, User)  # login_required lets nobody else through
    return render(request, "hub/app.html", {"display_name": display_name(user)})
