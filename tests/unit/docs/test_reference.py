"""The reference pages tell all events, commands and endpoints that the code has, and no others."""

import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command

from chat.events import EVENTS as CHAT_EVENTS
from hub.core.comings import EVENTS as CLIENT_EVENTS
from hub.namespaces import namespaces
from hub.presence.telling import EVENTS as PRESENCE_EVENTS
from notifications.events import EVENTS as INBOX_EVENTS

PAGES = Path(__file__).parents[3] / "docs" / "reference"


def sections(page: str, level: str) -> dict[str, str]:
    """Return the text below each heading of a level, by heading."""
    text = (PAGES / page).read_text(encoding="utf-8")
    _, *rest = re.split(rf"^{level} (.+)$", text, flags=re.MULTILINE)
    # A section ends where a heading of a higher level begins.
    return {
        heading: re.split(r"^#{1,2} ", body, flags=re.MULTILINE)[0] if level == "###" else body
        for heading, body in zip(rest[::2], rest[1::2], strict=True)
    }


def names_in(section: str) -> list[str]:
    """Return the names in the first column of a section's table."""
    return re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)


def parts(page: str) -> dict[str, list[str]]:
    """Return the third-level headings below each second-level one."""
    return {heading: re.findall(r"^### `(.+)`$", body, re.MULTILINE) for heading, body in sections(page, "##").items()}


def test_the_page_of_events_has_every_event_under_its_stream() -> None:
    told = parts("events.md")
    assert told["Streams `chat:<room slug>`"] == list(CHAT_EVENTS)
    assert told["Streams `inbox#<user id>`"] == list(INBOX_EVENTS)
    assert told["Streams with presence"] == list(PRESENCE_EVENTS)
    assert told["Streams whose clients are told of each other"] == list(CLIENT_EVENTS)


@pytest.mark.parametrize(
    ("type_", "names"), [*CHAT_EVENTS.items(), *INBOX_EVENTS.items(), *PRESENCE_EVENTS.items(), *CLIENT_EVENTS.items()]
)
def test_the_page_of_events_has_every_name_of_an_events_data(type_: str, names: tuple[str, ...]) -> None:
    assert names_in(sections("events.md", "###")[f"`{type_}`"]) == list(names)


def test_the_page_of_commands_has_every_command_under_its_address() -> None:
    told = parts("commands.md")
    everywhere = ["publish"]
    assert told["On every stream"] == everywhere
    for heading, prefix in (("On `/ws/chat/<room slug>/`", "chat"), ("On `/ws/notifications/`", "inbox")):
        namespace = next(namespace for namespace in namespaces if namespace.prefix == prefix)
        assert told[heading] == [name for name in namespace.commands if name not in everywhere]


@pytest.fixture(scope="module")
def operations() -> dict[str, Any]:
    """Every operation of the API's description, by method and path, and the description's components."""
    out = StringIO()
    call_command("spectacular", stdout=out)
    schema = yaml.safe_load(out.getvalue())
    found = {
        f"`{method.upper()} {path}`": operation
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    }
    return {"operations": found, "components": schema["components"]["schemas"]}


def test_the_page_of_the_api_has_every_endpoint(operations: dict[str, Any]) -> None:
    assert set(sections("rest.md", "###")) == set(operations["operations"])


def test_the_page_of_the_api_has_every_status_parameter_and_field(operations: dict[str, Any]) -> None:
    told = sections("rest.md", "###")
    for heading, operation in operations["operations"].items():
        section = told[heading]
        for status in operation["responses"].keys() - {"default"}:
            assert status in section, (heading, status)
        asked = [parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "query"]
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        if body:
            asked += operations["components"][body["$ref"].rpartition("/")[2]]["properties"]
        for name in asked:
            assert re.search(rf"`{name}\b", section), (heading, name)


def test_the_page_of_the_api_has_every_name_of_an_answer(operations: dict[str, Any]) -> None:
    text = (PAGES / "rest.md").read_text(encoding="utf-8")
    for name in ("Room", "Message", "Notification", "Member", "History", "Inbox", "Me", "Token", "Read", "ReadAll"):
        for field in operations["components"][name]["properties"]:
            assert f"`{field}`" in text, (name, field)
