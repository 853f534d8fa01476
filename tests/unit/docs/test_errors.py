"""The page of errors tells all errors and close codes that there are, and what becomes of each."""

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import pytest

import chat
import hub
import notifications
from hub.api.exceptions import answer
from hub.core.codes import CloseCode, UnsubscribeCode, close_code_for, reconnects
from hub.core.errors import HubError
from tests.unit.docs.pages import code, read, rows, section

PAGE = read("docs/reference/errors.md")
ERRORS = [row for row in rows(section(PAGE, "Errors")) if len(row) == 6]
KINDS = [row for row in rows(section(PAGE, "Errors")) if len(row) == 3]
CLOSES = [row for row in rows(section(PAGE, "Close codes")) if len(row) == 4]
UNSUBSCRIBES = list(rows(section(PAGE, "Unsubscribe codes")))

#: Programs of their own, which start when they are imported.
_PROGRAMS = {"hub.server.__main__", "hub.supervisor.launch"}


def import_all(package: ModuleType) -> None:
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if module.name not in _PROGRAMS:
            importlib.import_module(module.name)


def descendants(kind: type[HubError]) -> Iterator[type[HubError]]:
    for child in kind.__subclasses__():
        yield child
        yield from descendants(child)


def errors_of_ours() -> dict[str, type[HubError]]:
    for package in (hub, chat, notifications):
        import_all(package)
    # Other tests may have made errors of their own in the same process.
    ours = [kind for kind in descendants(HubError) if kind.__module__.split(".")[0] in {"hub", "chat", "notifications"}]
    return {kind.__name__: kind for kind in ours}


def test_every_error_is_on_the_page_and_no_other() -> None:
    told = [code(row[1])[0] for row in ERRORS] + [code(row[0])[0] for row in KINDS]
    assert set(told) == set(errors_of_ours())
    assert len(told) == len(set(told))


def test_no_two_rows_of_the_first_table_have_one_code() -> None:
    codes = [row[0] for row in ERRORS]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("row", ERRORS, ids=lambda row: code(row[1])[0])
def test_a_row_says_what_becomes_of_its_error(row: list[str]) -> None:
    number, name, temporary, status, close, _ = row
    kind = errors_of_ours()[code(name)[0]]
    response = answer(kind(), {})
    assert response is not None
    assert (int(number), temporary == "yes") == (kind.code, kind.temporary)
    assert int(status) == response.status_code
    assert int(close) == close_code_for(kind.code)


@pytest.mark.parametrize("row", KINDS, ids=lambda row: code(row[0])[0])
def test_a_special_error_has_the_code_that_its_row_says(row: list[str]) -> None:
    assert errors_of_ours()[code(row[0])[0]].code == int(row[1])


def test_every_close_code_is_on_the_page_with_its_name_and_whether_to_come_back() -> None:
    told = {int(row[0]): (code(row[1])[0], row[2]) for row in CLOSES}
    assert told == {int(one): (one.name, "yes" if reconnects(one) else "no") for one in CloseCode}


def test_every_unsubscribe_code_is_on_the_page_and_whether_to_subscribe_again() -> None:
    told = {int(row[0]): (code(row[1])[0], row[2]) for row in UNSUBSCRIBES}
    assert told == {int(one): (one.name, "yes" if one >= 2500 else "no") for one in UnsubscribeCode}
