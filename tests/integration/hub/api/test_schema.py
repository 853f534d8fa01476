"""The description of the API, and the page that shows it."""

import re
from io import StringIO
from typing import Any

import pytest
import yaml
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client


@pytest.fixture(scope="module")
def schema() -> Any:
    """The OpenAPI description, which is valid and builds without a warning."""
    out = StringIO()
    call_command("spectacular", "--fail-on-warn", "--validate", stdout=out)
    return yaml.safe_load(out.getvalue())


def operations(schema: Any) -> list[tuple[str, str, Any]]:
    """Return path, method and description of every operation."""
    return [
        (path, method, operation) for path, methods in schema["paths"].items() for method, operation in methods.items()
    ]


def test_every_operation_says_what_it_does_and_how_it_fails(schema: Any) -> None:
    for path, method, operation in operations(schema):
        assert operation["description"], (path, method)
        content = operation["responses"]["default"]["content"]["application/json"]["schema"]
        assert content == {"$ref": "#/components/schemas/Error"}


def test_a_key_is_named_as_a_way_in_where_it_is_one(schema: Any) -> None:
    opened = {
        (path, method) for path, method, operation in operations(schema) if {"apiKey": []} in operation["security"]
    }
    assert opened == {
        ("/api/v1/me/", "get"),
        ("/api/v1/notifications/", "post"),
        ("/api/v1/rooms/{slug}/messages/", "post"),
    }


def test_pages_are_described_as_they_are(schema: Any) -> None:
    for path, name in (("rooms/{slug}/messages/", "History"), ("notifications/", "Inbox")):
        response = schema["paths"][f"/api/v1/{path}"]["get"]["responses"]["200"]
        assert response["content"]["application/json"]["schema"] == {"$ref": f"#/components/schemas/{name}"}


def test_answers_promise_all_their_names(schema: Any) -> None:
    for name in ("Room", "Message", "Member", "Notification", "History", "Inbox", "Read", "ReadAll", "Me", "Token"):
        described = schema["components"]["schemas"][name]
        assert set(described["required"]) == set(described["properties"]), name


@pytest.mark.django_db
def test_the_docs_page_runs_on_files_of_the_site_alone(client: Client) -> None:
    response = client.get("/api/v1/docs/")
    assert response.status_code == 200
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    page = response.content.decode()
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", page, re.DOTALL)
    assert scripts
    assert not [body for _, body in scripts if body.strip()]
    assert "style=" not in page
    assert "<style" not in page
    for address in re.findall(r'(?:src|href)="([^"]*)"', page):
        assert address.startswith(("/static/", "/api/v1/docs/", "?")), address
        if address.startswith("/static/"):
            assert finders.find(address.removeprefix("/static/")), address


@pytest.mark.django_db
def test_the_description_is_served(client: Client) -> None:
    response = client.get("/api/v1/schema/")
    assert response.status_code == 200
    assert b"openapi: 3." in response.content
