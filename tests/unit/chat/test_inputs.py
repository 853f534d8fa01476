"""What counts as input."""

from typing import Any

import pytest

from chat.errors import InvalidField
from chat.inputs import MAX_KEY, check_form, check_key, check_names, check_text
from chat.models import SLUG


def test_a_text_is_stored_without_white_space_around_it() -> None:
    assert check_text("body", "  a\n b \n", maximum=4) == "a\n b"


@pytest.mark.parametrize("value", ["", "   ", "\n\t", "12345"])
def test_a_text_that_is_too_short_or_too_long_is_refused(value: str) -> None:
    with pytest.raises(InvalidField, match=r"body: expected 1 to 4 characters, got \d"):
        check_text("body", value, maximum=4)


@pytest.mark.parametrize("value", [None, 7, ["a"], {"a": 1}, True])
def test_what_is_no_text_is_refused(value: Any) -> None:
    with pytest.raises(InvalidField, match="expected a text, got"):
        check_text("body", value, maximum=4)


@pytest.mark.parametrize(("value", "words"), [("a\x00b", "NUL"), ("a\ud800", "lone surrogate"), ("\udfff", "lone")])
def test_characters_that_cannot_be_stored_or_sent_are_refused(value: str, words: str) -> None:
    with pytest.raises(InvalidField, match=words):
        check_text("body", value, maximum=4)
    with pytest.raises(InvalidField, match=words):
        check_key(value)


def test_characters_beyond_the_basic_plane_count_as_one() -> None:
    assert check_text("body", "😀😀", maximum=2) == "😀😀"


def test_an_absent_key_stays_absent() -> None:
    assert check_key(None) is None


def test_a_key_is_kept_as_it_is() -> None:
    assert check_key(" a ") == " a "


@pytest.mark.parametrize("value", ["", "a" * (MAX_KEY + 1), 7, False])
def test_a_key_that_is_no_text_of_a_good_length_is_refused(value: Any) -> None:
    with pytest.raises(InvalidField, match="key: expected"):
        check_key(value)


@pytest.mark.parametrize("slug", ["lobby", "a", "7-of_9"])
def test_a_slug_of_the_right_form_passes(slug: str) -> None:
    assert check_form("slug", slug, SLUG) == slug


@pytest.mark.parametrize("slug", ["Lobby", "-a", "a b", "ä", "a\n", "a/b", "a:b"])
def test_a_slug_of_another_form_is_refused(slug: str) -> None:
    with pytest.raises(InvalidField, match="slug: Use lower-case letters"):
        check_form("slug", slug, SLUG)


def test_an_unknown_name_in_a_commands_data_is_refused() -> None:
    check_names({"body": "a"}, "body", "key")
    with pytest.raises(InvalidField, match="kye: expected data with body and key in it"):
        check_names({"body": "a", "kye": "1"}, "body", "key")
    with pytest.raises(InvalidField, match="expected data with nothing in it"):
        check_names({"body": "a"})


def test_an_invalid_field_is_named_for_forms_too() -> None:
    assert InvalidField("body", "too long").fields == {"body": ["too long"]}
