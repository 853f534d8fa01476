"""The reference page tells all that the commands can do."""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from clients import publish, subscribe
from clients.exit_codes import ExitCode
from clients.load import __main__ as load

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "clients.md").read_text(encoding="utf-8")
PARSERS = {"subscribe": subscribe.build_parser({}), "publish": publish.build_parser({}), "load": load.build_parser({})}


def options(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        yield from action.option_strings
        if not action.option_strings and isinstance(action.metavar, str):
            yield action.metavar
        if isinstance(action, argparse._SubParsersAction):
            for name, command in action.choices.items():
                yield name
                yield from options(command)


def section(name: str) -> str:
    return PAGE.partition(f"\n## {name}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("name", PARSERS)
def test_each_option_and_argument_is_on_the_page(name: str) -> None:
    missing = {option for option in options(PARSERS[name]) if f"`{option}" not in section(name)} - {"alert|message"}
    assert not missing


@pytest.mark.parametrize(
    ("name", "meanings"),
    [("subscribe", subscribe.MEANINGS), ("publish", publish.MEANINGS), ("load", load.MEANINGS)],
)
def test_each_exit_status_is_on_the_page_and_in_the_help(name: str, meanings: Mapping[ExitCode, str]) -> None:
    for code, meaning in meanings.items():
        assert f"\n| {code} | {meaning} |" in section(name)
        assert f"\n  {code:<4} {meaning}\n" in PARSERS[name].format_help()


@pytest.mark.parametrize("name", PARSERS)
def test_the_help_shows_examples(name: str) -> None:
    assert f"python -m clients.{name} " in (PARSERS[name].epilog or "")


def test_each_environment_variable_is_on_the_page() -> None:
    for variable in ("HUBBUB_TOKEN", "HUBBUB_API_KEY", "HUBBUB_URL", "HUBBUB_TYPE", "HUBBUB_OFFSET", "HUBBUB_STREAM"):
        assert f"`{variable}`" in PAGE
