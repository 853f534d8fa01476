"""The page of management commands tells all commands of ours, with their options and exit codes."""

import argparse

import pytest
from django.apps import apps
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand

from hub.conf import conf
from hub.supervisor.refusal import ExitCode
from tests.unit.docs.pages import code, headings, read, rows, section

PAGE = read("docs/reference/management-commands.md")
OWN = {"hub", "chat", "notifications", "examples.shop"}
COMMANDS = sorted(name for name, app in get_commands().items() if app in OWN)


def parser_of(name: str) -> argparse.ArgumentParser:
    return load_command_class(get_commands()[name], name).create_parser("manage.py", name)


def own_actions(name: str) -> list[argparse.Action]:
    common = {action.dest for action in BaseCommand().create_parser("manage.py", name)._actions}
    return [action for action in parser_of(name)._actions if action.dest not in common]


def options_on_the_page(name: str) -> set[str]:
    return {code(row[0])[0] for row in rows(section(PAGE, name)) if code(row[0])}


def exit_codes_on_the_page(name: str) -> set[int]:
    return {int(row[0]) for row in rows(section(PAGE, name)) if row[0].isdecimal()}


def test_every_app_of_ours_is_looked_at() -> None:
    # A new application has to be named above before its commands count.
    foreign = ("django.", "rest_framework", "drf_spectacular", "channels", "debug_toolbar")
    assert {config.name for config in apps.get_app_configs() if not config.name.startswith(foreign)} <= OWN


def test_every_command_is_on_the_page_and_no_other() -> None:
    assert sorted(headings(PAGE)) == COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_on_the_page_and_no_other(name: str) -> None:
    expected = {action.option_strings[0] if action.option_strings else action.dest for action in own_actions(name)}
    assert options_on_the_page(name) == expected


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_in_the_command_line_of_its_section(name: str) -> None:
    usage = next(line for line in section(PAGE, name).splitlines() if line.startswith("    python manage.py"))
    for action in own_actions(name):
        shown = action.option_strings[0] if action.option_strings else action.dest.upper()
        assert shown in usage


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_with_options_has_examples(name: str) -> None:
    examples = [line for line in section(PAGE, name).splitlines() if line.startswith("    ") and f" {name}" in line]
    assert len(examples) >= (2 if own_actions(name) else 1)


def test_the_exit_codes_of_hub_are_those_of_the_code() -> None:
    # 2 is that of every wrong command line.
    assert exit_codes_on_the_page("hub") == {*map(int, ExitCode), 2}


def test_the_defaults_on_the_page_are_those_of_the_code() -> None:
    hub = {row[0]: row[1] for row in rows(section(PAGE, "hub"))}
    defaults = {action.dest: action.default for action in own_actions("hub")}
    assert code(hub["`--host`"]) == [defaults["host"]]
    assert code(hub["`--port`"]) == [str(defaults["port"])]
    ttl = next(row for row in rows(section(PAGE, "token")) if row[0] == "`--ttl`")
    assert ttl[1].endswith(f": {conf.TOKEN_TTL}")


def test_the_scopes_on_the_page_are_those_of_the_code() -> None:
    scope = next(row for row in rows(section(PAGE, "apikey")) if row[0] == "`--scope`")
    choices = next(action.choices for action in own_actions("apikey") if action.dest == "scope")
    assert choices is not None
    assert code(scope[2]) == list(choices)
