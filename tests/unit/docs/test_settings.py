"""The page of settings tells all variables and settings that the code has, and no others."""

import ast
from typing import Any, get_type_hints

import pytest

from hub.conf import _Conf
from tests.unit.docs.pages import code, read, rows, section
from tests.unit.docs.sources import environment_read, environment_set, settings_read

PAGE = read("docs/reference/settings.md")


def first_column(*headings: str) -> list[str]:
    return [code(row[0])[0] for heading in headings for row in rows(section(PAGE, heading))]


def test_every_variable_that_is_read_is_on_the_page_and_no_other() -> None:
    told = first_column("Environment of the hub", "Environment of the clients")
    assert set(told) == environment_read()
    assert len(told) == len(set(told))


def test_every_variable_that_is_set_for_others_is_on_the_page_and_no_other() -> None:
    # What the supervisor hands on as it is has its place among those that are read.
    assert set(first_column("Variables that Hubbub sets for others")) == environment_set() - environment_read()


def test_every_setting_is_on_the_page_and_no_other() -> None:
    own = {f"HUBBUB_{name}" for name in get_type_hints(_Conf)}
    # Those of Celery are on Celery's own pages.
    shop = {name for name in settings_read("examples/shop") if not name.startswith("CELERY_")}
    assert set(first_column("Django settings")) == own | shop


@pytest.mark.parametrize("name", get_type_hints(_Conf))
def test_type_and_default_of_a_setting_are_those_of_the_code(name: str) -> None:
    row = next(row for row in rows(section(PAGE, "Django settings")) if row[0] == f"`HUBBUB_{name}`")
    hint: Any = get_type_hints(_Conf)[name]
    assert code(row[1]) == [getattr(hint, "__name__", "") if isinstance(hint, type) else str(hint)]
    assert ast.literal_eval(code(row[2])[0]) == vars(_Conf)[name]


def test_the_variables_of_make_are_those_of_the_makefile() -> None:
    scripts = read("Makefile") + read("scripts/venv.sh") + read("tests/servers.py") + read("tests/environment.py")
    for name in first_column("Variables of make"):
        assert name in scripts, name


def test_every_system_check_is_on_the_page() -> None:
    told = section(PAGE, "Checks at the start")
    for file in ("hub/checks.py", "examples/shop/checks.py"):
        words = [node for node in ast.walk(ast.parse(read(file))) if isinstance(node, ast.keyword) and node.arg == "id"]
        assert words
        for word in words:
            assert f"`{ast.literal_eval(word.value)}`" in told
