"""The essays name what is there: every file of the engine, every package."""

import json
import re
import tomllib

from hub.conf import BASE_DIR
from tests.unit.docs.pages import code, read, rows

ARCHITECTURE = read("docs/why/architecture.md")
DEPENDENCIES = read("docs/why/dependencies.md")


def file_cells() -> list[str]:
    return [name for row in rows(ARCHITECTURE) for name in code(row[0])]


def test_every_file_of_the_engine_is_told_of_and_no_other() -> None:
    told = {name.strip("/") for name in file_cells() if name.startswith("hub/")}
    there = {
        f"hub/{path.name}"
        for path in (BASE_DIR / "hub").iterdir()
        if path.name[0] != "_" and (path.suffix == ".py" or path.is_dir())
    }
    assert told == there


def test_every_file_of_the_core_is_told_of_and_no_other() -> None:
    core = BASE_DIR / "hub" / "core"
    told = {name for name in file_cells() if not name.startswith("hub/")}
    there = {str(path.relative_to(core)) for path in core.rglob("*.py") if path.name[0] != "_"}
    assert told == there


def test_every_file_that_an_essay_or_how_to_names_exists() -> None:
    for page in [*(BASE_DIR / "docs" / "why").glob("*.md"), *(BASE_DIR / "docs" / "howto").glob("*.md")]:
        text = page.read_text(encoding="utf-8")
        for name in re.findall(r"`((?:hub|chat|notifications|clients|examples|tests|web)/[\w./-]+)`", text):
            assert (BASE_DIR / name).exists(), f"{page.name}: {name}"


def test_every_package_has_a_reason_and_no_other_is_named() -> None:
    project = tomllib.loads(read("pyproject.toml"))
    wanted = [
        *project["project"]["dependencies"],
        *(one for group in project["project"]["optional-dependencies"].values() for one in group),
        *(one for group in project["dependency-groups"].values() for one in group),
    ]
    package = json.loads(read("web/package.json"))
    names = {re.split(r"[\[~<>=;]", one)[0].strip() for one in wanted}
    names |= {*package["dependencies"], *package["devDependencies"]}
    assert {name for row in rows(DEPENDENCIES) for name in code(row[0])} == names


def test_what_is_said_to_be_unused_is_not_imported() -> None:
    told = {code(row[0])[0] for row in rows(DEPENDENCIES) if row[-1].startswith(("Not used.", "Used by tests."))}
    folders = ("hub", "chat", "notifications", "clients", "examples")
    files = [file for folder in folders for file in (BASE_DIR / folder).rglob("*.py")]
    for file in files:
        imported = re.findall(r"^\s*(?:import|from) (\w+)", file.read_text(encoding="utf-8"), re.M)
        assert not told & set(imported), file
