"""Values of options."""

from argparse import ArgumentTypeError

import pytest

from clients.arguments import checked, credential, plain_text, seconds, whole_number


def test_whole_numbers_from_the_least_on() -> None:
    assert whole_number(0)("0") == 0
    assert whole_number(1)("41") == 41


@pytest.mark.parametrize("text", ["", "-1", "0", "1.0", "1_0", " 1", "+1", "٣", "x", "9" * 20])
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="expected a whole number, 1 or more"):
        whole_number(1)(text)


def test_seconds_may_be_fractions() -> None:
    assert seconds("0.25") == 0.25


@pytest.mark.parametrize("text", ["", "0", "-1", "nan", "inf", "1e300", "soon"])
def test_what_is_no_time_limit_is_refused(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="expected a number of seconds"):
        seconds(text)


def test_a_credential_loses_the_line_end_of_the_file_it_came_from() -> None:
    assert credential("abc.def\n") == "abc.def"


@pytest.mark.parametrize("text", ["", " ", "hunter2\r\nX-Evil: 1", "hunter2 x", "hunter2é"])
def test_a_credential_unfit_for_a_header_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="expected a token or key") as refusal:
        credential(text)
    assert "hunter2" not in str(refusal.value)


def test_bytes_that_are_no_utf8_are_refused() -> None:
    assert plain_text("grüß") == "grüß"
    with pytest.raises(ArgumentTypeError, match="expected UTF-8"):
        plain_text("\udcff")


def test_the_sentence_of_a_value_error_reaches_the_person() -> None:
    def refuse(text: str) -> str:
        raise ValueError("expected something else")

    with pytest.raises(ArgumentTypeError, match="expected something else"):
        checked(refuse)("x")
