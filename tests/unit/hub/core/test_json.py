"""JSON from clients and for clients: whatever comes, it is a value or an error that a client may be told."""

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.core.errors import BadRequest
from hub.core.json import MAX_DEPTH, decode_json, decode_json_object, encode_json
from hub.core.types import JSONObject, JSONValue
from tests.unit.hub.core.values import objects, values

#: A message may be this long.
LONGEST = 65_536

#: Pieces that texts of every kind of malice are made of.
pieces = st.sampled_from(
    [*'{}[]",:\\ \n', '"a"', '\\"', "\\u0000", "\\ud800", "\\udc00", "\\u", "1", "-", "1e999", "NaN", "null", "é", "\0"]
)


def nested(depth: int, opening: str = '{"a":', closing: str = "}") -> str:
    """Return JSON with so many levels."""
    return opening * depth + "1" + closing * depth


def refusal_of(text: str) -> str:
    """Return the words with which a text is refused."""
    with pytest.raises(BadRequest) as caught:
        decode_json_object(text)
    return caught.value.message


def test_json_is_written_compactly_and_not_escaped_needlessly() -> None:
    assert encode_json({"a": [1, 2.5, None, True], "ü": "é\n"}) == '{"a":[1,2.5,null,true],"ü":"é\\n"}'


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), {1, 2}, b"", "\ud800", object()])
def test_what_is_no_json_is_not_written(value: Any) -> None:
    with pytest.raises(BadRequest, match=r"^expected data that is JSON, got "):
        encode_json({"a": value})


def test_a_date_is_not_written_by_guess() -> None:
    with pytest.raises(BadRequest, match="Object of type datetime is not JSON serializable"):
        encode_json({"at": datetime(2026, 1, 2, tzinfo=UTC)})


def test_a_value_that_never_ends_is_not_written() -> None:
    endless: list[Any] = []
    endless.append(endless)
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    for value in (endless, deep):
        with pytest.raises(BadRequest, match=r"^expected data that is JSON, got "):
            encode_json(value)


@given(objects)
def test_what_is_written_is_read_back_the_same(value: JSONObject) -> None:
    assert decode_json_object(encode_json(value)) == value
    assert decode_json_object(json.dumps(value, indent=1)) == value


@given(st.text(st.characters()) | st.lists(pieces).map("".join))
@example('{"a":1e999}')
@example('{"a":' + "9" * 5_000 + "}")
@example("\ufeff{}")
def test_any_text_is_an_object_that_can_be_written_or_a_bad_request(text: str) -> None:
    try:
        value = decode_json_object(text)
    except BadRequest as error:
        error.message.encode()
    else:
        assert decode_json_object(encode_json(value)) == value


@pytest.mark.parametrize(
    ("text", "got"),
    [("[]", "an array"), ('""', "a string"), ("1", "a number"), ("1.5", "a number"), ("true", "a boolean")],
)
def test_anything_but_an_object_is_named_in_the_refusal(text: str, got: str) -> None:
    assert refusal_of(text) == f"expected a JSON object, got {got}"


def test_null_is_no_object() -> None:
    assert refusal_of("null") == "expected a JSON object, got null"


@pytest.mark.parametrize(
    "text", ["", " ", "{", "{}}", "{'a':1}", '{"a":1,}', '{"a":"\n"}', "{} {}", "\ufeff{}", "\x00"]
)
def test_what_is_not_json_is_refused(text: str) -> None:
    assert refusal_of(text).startswith("expected a JSON object, got something that is not JSON: ")


@given(values)
def test_any_value_is_read_back_the_same(value: JSONValue) -> None:
    assert decode_json(encode_json(value)) == value


@pytest.mark.parametrize("text", ["", "x", "1 2", "[1", '"\\u0000"', '["\\ud800"]', "[" * 33 + "]" * 33, "NaN"])
def test_what_an_object_may_not_hold_no_value_may_be(text: str) -> None:
    with pytest.raises(BadRequest):
        decode_json(text)


@pytest.mark.parametrize("text", ['{"a":1,"a":1}', '{"a":1,"\\u0061":2}', '{"b":[{"a":{},"a":{}}]}'])
def test_a_key_that_stands_twice_is_refused(text: str) -> None:
    assert refusal_of(text).endswith("a key stands twice in one object")


def test_the_same_key_may_stand_in_two_objects() -> None:
    assert decode_json_object('{"a":{"a":1},"b":{"a":2}}') == {"a": {"a": 1}, "b": {"a": 2}}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_json_number_is_refused(number: str) -> None:
    assert refusal_of(f'{{"a":[{number}]}}').endswith(f"{number} is no JSON number")


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1" + "0" * 400 + ".0"])
def test_a_number_that_would_become_infinite_is_refused(number: str) -> None:
    assert refusal_of(f'{{"a":{number}}}').endswith(f"{number[:40]} is too large a number")


def test_the_largest_number_is_read() -> None:
    assert decode_json_object('{"a":1.7976931348623157e308,"b":1e-999}') == {"a": 1.7976931348623157e308, "b": 0.0}


@pytest.mark.parametrize("text", ['{"a":"\\u0000"}', '{"\\u0000":1}', '{"a":[{"b":"x\\u0000y"}]}'])
def test_a_nul_is_refused_wherever_it_stands(text: str) -> None:
    assert refusal_of(text) == "expected text without NUL characters, got one"


@pytest.mark.parametrize("text", ['{"a":"\\ud800"}', '{"\\udfff":1}', '{"a":[["\\ude00\\ud83d"]]}'])
def test_a_lone_surrogate_is_refused_wherever_it_stands(text: str) -> None:
    assert refusal_of(text) == "expected text that is valid Unicode, got a lone surrogate"


def test_a_pair_of_surrogates_is_the_character_it_stands_for() -> None:
    assert decode_json_object('{"a":"\\ud83d\\ude00"}') == {"a": "😀"}


def test_an_escaped_backslash_before_a_u_is_no_escape() -> None:
    assert decode_json_object('{"a":"\\\\u0000"}') == {"a": "\\u0000"}


@pytest.mark.parametrize(("opening", "closing"), [('{"a":', "}"), ('{"a":[', "]}")])
def test_nesting_is_counted_in_objects_and_arrays(opening: str, closing: str) -> None:
    allowed = MAX_DEPTH // len(closing)
    assert decode_json_object(nested(allowed, opening, closing))
    assert refusal_of(nested(allowed + 1, opening, closing)) == "expected at most 32 levels of nesting, got more"


def test_brackets_within_texts_are_no_nesting() -> None:
    value: JSONValue = {"a": "[" * 100 + '"' + "\\" + "{" * 100, "b{[": "]}"}
    assert decode_json_object(encode_json(value)) == value


@given(st.integers(1, 60), st.text('{}[]",:\\ae'))
def test_how_deep_a_value_is_decides_and_not_what_surrounds_it(depth: int, junk: str) -> None:
    text = '{"x":' + encode_json(junk) + ',"y":' + nested(depth) + "}"
    if depth < MAX_DEPTH:
        assert decode_json_object(text)["x"] == junk
    else:
        assert refusal_of(text) == "expected at most 32 levels of nesting, got more"


@pytest.mark.parametrize(
    "text", ["[" * LONGEST, '{"a":' * (LONGEST // 5), nested(LONGEST // 8), "]" * 100 + "[" * 1_000]
)
def test_a_text_of_brackets_never_reaches_the_parser_s_own_limit(text: str) -> None:
    assert "recursion" not in refusal_of(text)


@pytest.mark.parametrize(
    "text",
    ['{"a":"' + '\\"' * (LONGEST // 2), '"' * LONGEST, '"' + "\\" * LONGEST, '{"a":"' + "a" * LONGEST, '"a' * LONGEST],
    ids=["escaped quotes", "quotes", "backslashes", "no end", "many texts"],
)
def test_a_text_made_to_be_slow_takes_no_longer_than_another(text: str) -> None:
    start = time.process_time()
    refusal_of(text)
    # About 10 ms, where trying again from each quote takes a minute.
    assert time.process_time() - start < 1


@pytest.mark.parametrize("number", [2**63 - 1, 1 - 2**63, 0, -1])
def test_a_whole_number_that_a_column_holds_is_read(number: int) -> None:
    assert decode_json_object(f'{{"n":{number}}}') == {"n": number}


@pytest.mark.parametrize("digits", [str(2**63), str(-(2**63) - 1), "9" * 4000])
def test_a_whole_number_that_no_column_holds_is_refused(digits: str) -> None:
    with pytest.raises(BadRequest, match="whole number"):
        decode_json_object(f'{{"n":{digits}}}')
