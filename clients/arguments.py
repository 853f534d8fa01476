"""The kinds of value that options take; each turns a text into a value or says what was expected."""

import math
from argparse import ArgumentTypeError
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")

LONGEST_SECONDS = 1e9


def whole_number(least: int) -> Callable[[str], int]:
    """Return the kind "a whole number, `least` or more"."""

    def convert(text: str) -> int:
        # `isdecimal` keeps out what int() would take besides: signs, blanks and underscores.
        if not (text.isascii() and text.isdecimal() and len(text) < 20) or int(text) < least:
            raise ArgumentTypeError(f"expected a whole number, {least} or more, got {text!r}")
        return int(text)

    return convert


def seconds(text: str) -> float:
    """Return a time limit in seconds, more than 0."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value <= LONGEST_SECONDS:
        raise ArgumentTypeError(f"expected a number of seconds, more than 0, got {text!r}")
    return value


def credential(text: str) -> str:
    """Return a token or key that is fit for an HTTP header; its text is never part of the error."""
    text = text.strip()
    if not text or not all("!" <= character <= "~" for character in text):
        raise ArgumentTypeError("expected a token or key: letters, digits and signs without blanks")
    return text


def plain_text(text: str) -> str:
    """Return a text that can be sent: the shell may pass bytes that are no UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ArgumentTypeError("expected UTF-8 text") from None
    return text


def checked(convert: Callable[[str], Value]) -> Callable[[str], Value]:
    """Return `convert` as a kind of option value: the sentence of its ValueError reaches the person."""

    def convert_or_say(text: str) -> Value:
        try:
            return convert(text)
        except ValueError as error:
            raise ArgumentTypeError(str(error)) from None

    return convert_or_say
