"""What counts as input: the rules that every title, body and key passes on its way in."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator

from chat.errors import InvalidField
from hub.core.types import JSONObject

#: Longest idempotency key, in characters.
MAX_KEY = 200


def check_text(field: str, value: Any, *, minimum: int = 1, maximum: int) -> str:
    """Return a text as it is stored: without white space around it.

    Arguments:
        field: its name, for the error.
        value: what came in.
        minimum, maximum: length in characters, counted without the white space around.
    Raises:
        InvalidField: it is no text, too short or too long, or holds what cannot be stored or sent.
    """
    if not isinstance(value, str):
        raise InvalidField(field, f"expected a text, got {type(value).__name__}")
    _check_characters(field, value)
    text = value.strip()
    if not minimum <= len(text) <= maximum:
        raise InvalidField(field, f"expected {minimum} to {maximum} characters, got {len(text)}")
    return text


def check_form(field: str, value: str, form: RegexValidator) -> str:
    """Return a text that has a certain form.

    Raises:
        InvalidField: it has another.
    """
    try:
        form(value)
    except ValidationError as error:
        raise InvalidField(field, error.messages[0]) from error
    return value


def check_key(value: Any) -> str | None:
    """Return an idempotency key, or None where there is none.

    Raises:
        InvalidField: it is not a text of 1 to 200 characters.
    """
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidField("key", f"expected a text, got {type(value).__name__}")
    _check_characters("key", value)
    if not 0 < len(value) <= MAX_KEY:
        raise InvalidField("key", f"expected 1 to {MAX_KEY} characters, got {len(value)}")
    return value


def check_names(data: JSONObject, *known: str) -> None:
    """Make sure that a command's data has no name but those known.

    A misspelt `key` would silently cost its sender the protection against repeats.

    Raises:
        InvalidField: there is another name.
    """
    if unknown := sorted(data.keys() - set(known)):
        raise InvalidField(unknown[0][:40], f"expected data with {' and '.join(known) or 'nothing'} in it, got this")


def _check_characters(field: str, value: str) -> None:
    # PostgreSQL stores no NUL; a lone surrogate has no UTF-8, so it could neither be stored nor sent.
    if "\x00" in value:
        raise InvalidField(field, "expected no NUL character, got one")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidField(field, "expected valid Unicode, got a lone surrogate") from None
