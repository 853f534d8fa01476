"""The readme promises what is there: its example runs, its map is that of the house, its commands exist."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test.utils import isolate_apps

from hub import log
from hub.conf import BASE_DIR
from hub.core.streams import parse_stream_name
from hub.namespaces import namespaces
from tests.unit.docs.pages import blocks, code, headings, read, rows, section

README = read("README.md")
EXAMPLE = blocks(section(README, "Publish from your own model"), "python")[0]


@isolate_apps("hub")
def run_example() -> dict[str, Any]:
    # In the engine's package, so that its model belongs to an application.
    module: dict[str, Any] = {"__name__": "hub.deploys_of_the_readme"}
    try:
        exec(compile(EXAMPLE, "README.md", "exec"), module)
    finally:
        namespaces._namespaces.pop(("deploys", ":"), None)
    return module


@pytest.mark.django_db(transaction=True)
def test_the_example_publishes_with_its_row_and_not_without() -> None:
    deploy = run_example()["Deploy"]
    with connection.schema_editor() as editor:
        editor.create_model(deploy)
    try:
        row = deploy.objects.create(project="web")
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            deploy.objects.create(project="web")
            raise ZeroDivisionError
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(deploy)
    events = log.read("deploys:web", after=0, limit=10)
    assert [(event.offset, event.type, event.data) for event in events] == [
        (1, "deploy.saved", f'{{"id":{row.pk},"state":"running"}}')
    ]


def test_the_example_lets_staff_read_and_nobody_else() -> None:
    namespace = run_example()["DeployNamespace"]()
    stream = parse_stream_name("deploys:web")
    assert namespace.can_subscribe(User(is_staff=True), stream)
    assert not namespace.can_subscribe(User(), stream)


def test_the_map_of_the_house_has_every_folder_and_no_other() -> None:
    told = {code(row[0])[0] for row in rows(section(README, "The map of the house"))}
    ignored = {line.strip("/") for line in read(".gitignore").splitlines()}
    there = {f"{path.name}/" for path in BASE_DIR.iterdir() if path.is_dir() and path.name[0] not in "._"}
    assert {folder.split("/")[0] for folder in told} == {folder.strip("/") for folder in there} - ignored
    for folder in told:
        assert (BASE_DIR / folder).is_dir()


def test_every_command_of_make_that_is_named_exists() -> None:
    makefile = read("Makefile")
    pages = [path.read_text(encoding="utf-8") for path in (BASE_DIR / "docs").rglob("*.md")]
    for target in {name for page in [README, *pages] for name in re.findall(r"(?:^    |`)make ([a-z]+)", page, re.M)}:
        assert re.search(rf"^{target}:", makefile, re.M), target


def test_what_a_newcomer_types_comes_first() -> None:
    assert headings(README)[0] == "Two commands"
    assert re.findall(r"^    (make \w+)$", section(README, "Two commands"), re.M) == ["make up", "make test"]


def test_the_changelog_has_its_form_and_says_what_became_of_the_protocol() -> None:
    changelog = read("CHANGELOG.md")
    first = headings(changelog)[0]
    assert first == "[Unreleased]"
    assert re.search(r"^Protocol: .+", section(changelog, first), re.M)
    kinds = set(re.findall(r"^### (.+)$", changelog, re.M))
    assert kinds
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
