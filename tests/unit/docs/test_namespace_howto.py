"""The code of the how-to about namespaces runs, and does what the page says."""

import json
import re
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, models
from django.test.utils import isolate_apps

from hub.core.errors import BadRequest, HubError, PermissionDenied
from hub.core.events import Announcement
from hub.core.streams import parse_stream_name
from hub.namespaces import Caller, Namespace, namespaces
from hub.namespaces.options import NAMES
from tests.unit.docs.pages import blocks, read, section

PAGE = read("docs/howto/write-a-namespace.md")
FILES = {match[1]: block for block in blocks(PAGE, "python") if (match := re.match(r"# deploys/(\w+)\.py\n", block))}

pytestmark = pytest.mark.django_db(transaction=True)


def module(name: str, **contents: Any) -> ModuleType:
    made = ModuleType(name)
    vars(made).update(contents)
    return made


@isolate_apps("hub")
def make_models() -> dict[str, Any]:
    # In the engine's package, so that they belong to an application.
    class Deploy(models.Model):
        project = models.SlugField()

        class Meta:
            app_label = "hub"

    class Watcher(models.Model):
        user = models.ForeignKey(User, models.CASCADE, related_name="+")
        project = models.SlugField()

        class Meta:
            app_label = "hub"

    return {"Deploy": Deploy, "Watcher": Watcher}


@pytest.fixture
def deploys(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """Everything that the files of the page define, with tables for the models that they take for granted."""
    made = make_models()
    monkeypatch.setitem(sys.modules, "deploys", module("deploys"))
    monkeypatch.setitem(sys.modules, "deploys.models", module("deploys.models", **made))
    found = dict(made)
    for name, code in FILES.items():
        file = module(f"deploys.{name}")
        monkeypatch.setitem(sys.modules, file.__name__, file)
        exec(compile(code, f"deploys/{name}.py", "exec"), vars(file))
        found |= vars(file)
    with connection.schema_editor() as editor:
        for model in made.values():
            editor.create_model(model)
    try:
        yield found
    finally:
        namespaces._namespaces.pop(("deploys", ":"), None)
        with connection.schema_editor() as editor:
            for model in made.values():
                editor.delete_model(model)


def staff(name: str = "sam") -> User:
    return User.objects.create(username=name, is_staff=True, is_superuser=True)


def call(namespace: Namespace, user: User, stream: str, command: str, data: dict[str, Any]) -> dict[str, Any]:
    return namespace.run(Caller(user, parse_stream_name(stream)), command, data)


def test_every_block_of_code_is_a_file_or_run_below() -> None:
    others = [block for block in blocks(PAGE, "python") if not block.startswith("# deploys/")]
    assert [*FILES] == ["namespaces", "errors", "pointers", "watched", "apps", "consumers"]
    assert [others[0] in section(PAGE, "When rights change"), others[1] in section(PAGE, "Test it")] == [True, True]
    assert len(others) == 2


def test_the_command_starts_a_deploy_for_those_who_may(deploys: dict[str, Any]) -> None:
    namespace = deploys["DeployNamespace"]()
    result = call(namespace, staff(), "deploys:web", "deploy.start", {})
    assert list(deploys["Deploy"].objects.values_list("pk", "project")) == [(result["id"], "web")]
    with pytest.raises(PermissionDenied):
        call(namespace, User.objects.create(username="guest"), "deploys:web", "deploy.start", {})
    with pytest.raises(BadRequest):
        call(namespace, staff("eve"), "deploys:web", "deploy.start", {"force": True})


def test_the_error_of_ones_own_is_one_that_clients_may_be_told(deploys: dict[str, Any]) -> None:
    error = deploys["Frozen"]()
    assert isinstance(error, HubError)
    assert (error.code, error.message) == (460, "no deploys today")


def test_a_pointer_goes_to_those_who_are_there_and_is_not_kept(
    deploys: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[Announcement] = []
    monkeypatch.setattr("hub.announce.send", said.append)
    namespace, data = deploys["PointerNamespace"](), {"type": "moved", "data": {"x": 3, "y": 4}}
    assert json.dumps({"id": 1, "command": "publish", "data": data}) in PAGE
    assert call(namespace, staff(), "pointers:web", "publish", data) == {}
    [event] = said[0].events
    assert (event.offset, event.type, event.data) == (None, "moved", '{"x":3,"y":4}')
    with pytest.raises(PermissionDenied):
        call(namespace, User.objects.create(username="guest"), "pointers:web", "publish", data)


def test_one_query_answers_for_all_who_watch(deploys: dict[str, Any], django_assert_num_queries: Any) -> None:
    users = [User.objects.create(username=f"user{number}") for number in range(3)]
    for user, project in ((users[0], "web"), (users[1], "shop")):
        deploys["Watcher"].objects.create(user=user, project=project)
    namespace, stream = deploys["WatchedNamespace"](), parse_stream_name("watched:web")
    with django_assert_num_queries(1):
        answers = namespace.may_subscribe([(user, stream) for user in users])
    assert [answer is None for answer in answers] == [True, False, False]
    assert [namespace.can_subscribe(user, stream) for user in users] == [True, False, False]


def test_the_application_registers_its_namespace_and_has_a_consumer(deploys: dict[str, Any]) -> None:
    deploys["DeploysConfig"].ready(None)
    assert namespaces.resolve("deploys:web")[0] is not None
    consumer = deploys["DeployConsumer"]()
    consumer.scope = {"url_route": {"kwargs": {"project": "web"}}}
    assert consumer.stream_name() == "deploys:web"


@pytest.mark.parametrize("heading", ["When rights change", "Test it"])
def test_the_pieces_of_code_run(deploys: dict[str, Any], heading: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr("hub.announce.send_rights", told.append)
    [code] = blocks(section(PAGE, heading), "python")
    exec(compile(code, heading, "exec"), {**deploys, "user": staff()})
    assert bool(told) is (heading == "When rights change")


def test_every_option_is_on_the_page() -> None:
    text = section(PAGE, "Options")
    for name in NAMES - {"history", "presence"}:
        pattern = re.sub(r"^allow_(\w+)_for_anonymous$", "allow_…_for_anonymous", name)
        assert f"`{pattern}`" in text, name
