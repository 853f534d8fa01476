"""The page on performance tells all parts, options and columns of the benchmark, and no others."""

import re

from tests.benchmarks.__main__ import SCENARIOS, build_parser
from tests.benchmarks.table import HEADINGS
from tests.unit.docs.pages import code, read, rows, section

PAGE = read("docs/performance.md")
RUN = [code(row[0]) for row in rows(section(PAGE, "Run it"))]


def test_every_part_of_the_benchmark_is_on_the_page_and_no_other() -> None:
    assert [name for [name] in RUN if not name.startswith("-")] == [*SCENARIOS]


def test_every_option_is_on_the_page_and_no_other() -> None:
    options = [
        option for action in build_parser()._actions for option in action.option_strings if action.dest != "help"
    ]
    assert [name.split()[0] for [name] in RUN if name.startswith("-")] == options


def test_every_column_of_the_table_is_told_of() -> None:
    told = {name for row in rows(section(PAGE, "How it is measured")) for name in row[0].split(", ")}
    assert {*HEADINGS} - {"what"} <= told


def test_the_table_has_its_marked_place() -> None:
    assert re.search(r"^<!-- table: .+ -->$.*^<!-- end of the table -->$", PAGE, re.M | re.S)
