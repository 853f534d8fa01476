"""Answers of the server API as text: a result, an error, or the replies of a batch (protocol, section 9)."""

from dataclasses import dataclass

from hub.core.errors import HubError, InternalError
from hub.core.json import encode_json
from hub.core.types import JSONObject


@dataclass(frozen=True, slots=True)
class Written:
    """A result that is JSON text already: what it holds of the log goes out as it was written."""

    text: str


#: What a method returns.
Result = JSONObject | Written

#: The HTTP status of each error, for those who ask for it by `X-Centrifugo-Error-Mode: transport`.
STATUS: dict[int, int] = {100: 500, 102: 404, 103: 403, 104: 404, 106: 400, 107: 400, 108: 400, 111: 429, 112: 416}


def result_text(result: Result) -> str:
    """Return a result as JSON text.

    Raises:
        InternalError: there is something in it that is no JSON.
    """
    if isinstance(result, Written):
        return result.text
    try:
        return encode_json(result)
    except HubError as error:
        # Not the caller's fault, whatever its code says.
        raise InternalError(f"expected a result that is JSON: {error.message}") from error


def error_text(error: HubError) -> str:
    """Return an error as JSON text: `{"code", "message"}`."""
    return encode_json({"code": error.code, "message": error.message})


def status_of(error: HubError) -> int:
    """Return the HTTP status of an error; an application's own refusal is about the state of a thing."""
    return STATUS.get(error.code, 409)
