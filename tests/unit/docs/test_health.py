"""The page of health shows what `GET /health` answers; that it answers so, other tests see on a real server."""

import ast
import json

from hub import health
from tests.unit.docs.pages import blocks, code, read, rows

PAGE = read("docs/reference/health.md")
CODE = ast.parse(read("hub/health.py"))
READY, UNAVAILABLE = map(json.loads, blocks(PAGE, "json"))


def test_both_answers_have_the_parts_of_the_code_which_the_table_explains() -> None:
    parts = list(READY["parts"])
    assert list(UNAVAILABLE["parts"]) == parts
    assert [code(row[0])[0] for row in rows(PAGE) if code(row[0])] == parts
    # The view names them once, in one tuple.
    assert ast.dump(ast.parse(repr(tuple(parts)), mode="eval").body) in {ast.dump(node) for node in ast.walk(CODE)}


def test_the_words_of_the_answers_are_those_of_the_code() -> None:
    words = {node.value for node in ast.walk(CODE) if isinstance(node, ast.Constant)}
    assert {READY["status"], UNAVAILABLE["status"], UNAVAILABLE["parts"]["dispatcher"]} <= words
    assert f"`no answer within {health.PART_TIMEOUT:g} s`" in PAGE
