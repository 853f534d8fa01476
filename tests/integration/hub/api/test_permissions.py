"""What an API key may do."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import URLResolver
from django.urls.resolvers import RegexPattern
from rest_framework.permissions import IsAuthenticated
from rest_framework.test import APIClient

from hub.api.permissions import HasScope
from hub.apikeys import SCOPES, issue
from hub.server_api.authentication import SCOPE

pytestmark = pytest.mark.django_db

READS = ["rooms/", "rooms/lobby/", "rooms/lobby/members/", "rooms/lobby/messages/", "notifications/", "token/"]
WRITES = ["rooms/", "rooms/lobby/join/", "rooms/lobby/leave/", "notifications/read_all/", "notifications/1/read/"]


def test_a_key_with_every_scope_does_only_what_a_scope_names(ann: User) -> None:
    client = APIClient(headers={"X-API-Key": issue("robot", ann, SCOPES)[1]})
    reads = [client.get(f"/api/v1/{path}").status_code for path in READS]
    writes = [client.post(f"/api/v1/{path}", {}, format="json").status_code for path in WRITES]
    # A token takes a session: to that address a key is no credential at all.
    assert reads == [403] * 5 + [401]
    assert writes == [403] * 5


def views() -> list[type]:
    """Return all views of the API."""
    found: list[type] = []
    todo: list[Any] = list(URLResolver(RegexPattern(""), "hub.api.urls").url_patterns)
    while todo:
        pattern = todo.pop()
        todo += getattr(pattern, "url_patterns", [])
        view = getattr(pattern, "callback", None)
        if view is not None:
            found.append(getattr(view, "cls", None) or view.view_class)
    return found


def test_every_view_asks_for_a_login_and_a_scope() -> None:
    open_to_all = {"SpectacularAPIView", "DocsView", "UnknownView"}
    seen = {view.__name__: getattr(view, "permission_classes", []) for view in views()}
    assert open_to_all < seen.keys()
    for name, permissions in seen.items():
        if name not in open_to_all:
            assert IsAuthenticated in permissions, name
            # Who one is may be asked with any key.
            assert HasScope in permissions or name == "MeView", name


def test_every_scope_that_a_view_names_can_be_given_to_a_key() -> None:
    named = {scope for view in views() for scope in getattr(view, "scopes", {}).values()}
    # The server API has one of its own, which opens nothing here.
    assert named == set(SCOPES) - {SCOPE}
