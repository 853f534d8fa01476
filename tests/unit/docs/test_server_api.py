"""The page of the server API tells all that it takes: what its client sends, and what the code reads."""

import ast
import re

import cent
import pytest

from hub.conf import BASE_DIR
from hub.server_api.answers import STATUS
from hub.server_api.connections import OVERRIDES, WHOM
from hub.server_api.methods import METHODS
from tests.unit.docs.pages import code, read, rows, section

PAGE = read("docs/reference/server-api.md")
SECTIONS = dict(re.findall(r"^### `(\w+)`$(.*?)(?=^##)", PAGE, re.MULTILINE | re.DOTALL))

REQUESTS = {
    request.__api_method__: request
    for name in cent.__all__
    if name.endswith("Request") and name != "CentRequest"
    for request in [getattr(cent, name)]
}


def names_read() -> set[str]:
    """Return the members of requests that the code reads."""
    found = {*WHOM, *OVERRIDES}
    for file in (BASE_DIR / "hub" / "server_api").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
                function = ast.unparse(node.func)
                if function.startswith("fields.") or function in ("_payload", "text"):
                    found.add(str(node.args[1].value))
    return found


def test_every_method_has_a_section_and_there_is_no_other() -> None:
    assert set(SECTIONS) == METHODS.keys() | {"batch"}


@pytest.mark.parametrize("method", SECTIONS)
def test_a_section_tells_all_that_the_client_sends_and_gets(method: str) -> None:
    request = REQUESTS.get(method)
    if request is None:
        assert method == "rpc"
        return
    sent = {"commands" if name == "requests" else name for name in request.model_fields}
    got = set() if method == "rpc" else set(request.__returning__.model_fields)
    told = set(code(SECTIONS[method])) | set(re.findall(r'"(\w+)"', SECTIONS[method]))
    assert sent | got <= told


def test_all_that_the_code_reads_is_told() -> None:
    told = {name for line in PAGE.splitlines() for name in code(line)} | set(re.findall(r'"(\w+)"', PAGE))
    read_there = names_read()
    assert {"channel", "idempotency_key", "whitelist", "info", "value"} <= read_there
    assert read_there <= told


def test_every_name_of_a_table_is_read_by_the_code() -> None:
    tables = {name for text in SECTIONS.values() for row in rows(text) for name in code(row[0])}
    read_there = names_read()
    assert tables <= read_there | {f"b64{name}" for name in read_there}


def test_the_status_of_each_error_is_the_one_of_the_code() -> None:
    told = [row for row in rows(section(PAGE, "Answers")) if len(row) == 3 and row[1].isdecimal()]
    assert {int(row[0]): int(row[1]) for row in told if row[0].isdecimal()} == STATUS
