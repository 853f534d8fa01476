"""Post JSON to the REST interface, again and again where that may help: the key in the body makes it one effect."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage
from typing import IO
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from clients.backoff import LONGEST_SECONDS, Backoff
from clients.refusals import status_is_final

ATTEMPT_SECONDS = 10.0
#: No answer of the interface comes near this; whatever is longer comes from something else.
ANSWER_BYTES = 1 << 20


@dataclass(frozen=True)
class Created:
    """What the server made, or found under the same key."""

    result: dict[str, object]
    repeated: bool


class Refused(Exception):
    """The server does not do it, and another attempt would not change that. Its text is a sentence."""


class Unreachable(Exception):
    """No attempt reached a working server. Its text is a sentence."""


class _TryAgain(Exception):
    def __init__(self, problem: str, after: float = 0.0) -> None:
        super().__init__(problem)
        self.after = after


class _NoRedirect(HTTPRedirectHandler):
    # urllib would turn the POST into a GET, and carry the credentials to wherever the redirect points.
    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


def post(
    url: str, body: Mapping[str, object], headers: Mapping[str, str], *, retries: int, say: Callable[[str], None]
) -> Created:
    """Post `body` as JSON.

    Arguments:
        url: the whole http or https address.
        body: it holds a key, so that repeated attempts have one effect.
        headers: the credentials.
        retries: how many repeated attempts to make.
        say: told a sentence before each wait.
    Raises:
        Refused: the server's answer is final.
        Unreachable: the attempts are used up.
    """
    request = Request(url, json.dumps(body).encode(), {**headers, "Content-Type": "application/json"}, method="POST")
    backoff = Backoff()
    while True:
        try:
            return _attempt(request)
        except _TryAgain as failure:
            pause = max(backoff.failed(), failure.after)
            if backoff.failures > retries:
                raise Unreachable(f"{failure}; given up after attempt {backoff.failures}") from None
            say(f"{failure}; trying again in {pause:.1f} s")
            time.sleep(pause)


def _attempt(request: Request) -> Created:
    try:
        with build_opener(_NoRedirect).open(request, timeout=ATTEMPT_SECONDS) as response:
            return _created(response.status, response.read(ANSWER_BYTES))
    except HTTPError as error:
        with error:
            raise _failure(error) from None
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise _TryAgain(getattr(reason, "strerror", None) or str(reason) or type(reason).__name__) from None


def _created(status: int, answer: bytes) -> Created:
    result = _json_object(answer)
    if "id" not in result:
        raise Unreachable(f"something that is no Hubbub server answered: HTTP {status} without an id")
    return Created(result, repeated=status == 200)


def _failure(error: HTTPError) -> Refused | _TryAgain:
    try:
        answer = _json_object(error.read(ANSWER_BYTES))
    except (OSError, HTTPException):
        answer = {}
    sentence = error_sentence(error.code, error.reason, answer)
    target = error.headers.get("Location")
    if 300 <= error.code < 400 and target is not None:
        sentence += f"; it redirects to {target.partition('?')[0]}, which is not followed"
    if status_is_final(error.code):
        return Refused(sentence)
    return _TryAgain(sentence, _retry_after(error.headers.get("Retry-After", "")))


def error_sentence(status: int, phrase: str, answer: Mapping[str, object]) -> str:
    """Return what went wrong in the server's words where it gave any, else in those of HTTP.

    Arguments:
        status: the HTTP status.
        phrase: the HTTP reason phrase.
        answer: the JSON object of the answer, which may hold `error` with `code`, `message` and `fields`.
    """
    match answer:
        case {"error": {"message": str(message), "code": int(code)} as details}:
            sentence = f"{message} (HTTP {status}, error {code})"
        case _:
            return f"the server answered HTTP {status} {phrase}".rstrip()
    match details:
        case {"fields": dict(fields)}:
            for name, problems in fields.items():
                words = " ".join(map(str, problems)) if isinstance(problems, list) else str(problems)
                # The message may have said it already.
                sentence += f"; {name}: {words}" if words not in message else ""
    return sentence


def _retry_after(text: str) -> float:
    # The header may also be a date; the usual wait will do then.
    return min(float(text), LONGEST_SECONDS) if text.isascii() and text.isdecimal() else 0.0


def _json_object(text: bytes) -> dict[str, object]:
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}
