"""Close codes: the documented numbers, and what their ranges promise."""

import pytest

from hub.core import errors
from hub.core.codes import (
    CLOSE_FOR_ERROR,
    CloseCode,
    UnsubscribeCode,
    close_code_for,
    default_reason,
    reconnects,
)

ENDS = [
    (errors.InternalError, 3004),
    (errors.Unauthorized, 3500),
    (errors.UnknownStream, 3501),
    (errors.PermissionDenied, 3507),
    (errors.LimitExceeded, 3501),
    (errors.BadRequest, 3501),
    (errors.NotAvailable, 3508),
    (errors.TokenExpired, 3005),
    (errors.Expired, 3005),
    (errors.TooManyRequests, 3013),
    (errors.UnrecoverablePosition, 3010),
]

#: Those of the server itself, and the ends of the ranges.
COMES_BACK = [1000, 1001, 1006, 1011, *range(3000, 3015), 3499, 4000, 4499, 5000]
STAYS_AWAY = [1009, *range(3500, 3510), 3999, 4500, 4999]


@pytest.mark.parametrize(("error", "code"), ENDS)
def test_each_refusal_has_its_close_code(error: type[errors.HubError], code: int) -> None:
    assert close_code_for(error.code) == code


def test_every_entry_of_the_table_is_pinned_here() -> None:
    assert CLOSE_FOR_ERROR.keys() == {error.code for error, _ in ENDS} - {errors.InternalError.code}


def test_an_error_that_nobody_knows_is_the_servers_fault_and_invites_back() -> None:
    assert close_code_for(399) is CloseCode.INTERNAL_ERROR
    assert reconnects(close_code_for(399))


def test_the_refusal_of_an_application_is_final() -> None:
    assert close_code_for(1999) is CloseCode.BAD_REQUEST
    assert not reconnects(close_code_for(1999))


@pytest.mark.parametrize("code", COMES_BACK)
def test_a_client_comes_back_after(code: int) -> None:
    assert reconnects(code)


@pytest.mark.parametrize("code", STAYS_AWAY)
def test_a_client_stays_away_after(code: int) -> None:
    assert not reconnects(code)


def test_every_close_code_is_in_one_of_the_two_lists() -> None:
    assert set(CloseCode) <= {*COMES_BACK, *STAYS_AWAY}


def test_a_frame_may_carry_every_close_code() -> None:
    # RFC 6455, 7.4.2: 3000-3999 are for libraries and frameworks; below 3000 only what the RFC itself names.
    assert all(code in (1000, 1009) or 3000 <= code < 4000 for code in CloseCode)


#: As the Centrifugo client protocol has them.
REASONS = {
    2000: "server unsubscribe",
    2500: "insufficient state",
    2501: "subscription expired",
    2502: "state invalidated",
    3000: "connection closed",
    3001: "shutdown",
    3004: "internal server error",
    3005: "connection expired",
    3006: "subscription expired",
    3008: "slow",
    3009: "write error",
    3010: "insufficient state",
    3011: "force reconnect",
    3012: "no pong",
    3013: "too many requests",
    3014: "state invalidated",
    3500: "invalid token",
    3501: "bad request",
    3502: "stale",
    3503: "force disconnect",
    3504: "connection limit",
    3505: "channel limit",
    3506: "inappropriate protocol",
    3507: "permission denied",
    3508: "not available",
    3509: "too many errors",
}


@pytest.mark.parametrize(("code", "reason"), REASONS.items())
def test_a_code_says_in_words_what_the_protocol_says(code: int, reason: str) -> None:
    assert default_reason(code) == reason


def test_every_code_of_the_protocol_has_its_words_and_no_other() -> None:
    assert {*map(int, CloseCode), *map(int, UnsubscribeCode)} == {*REASONS, 1000, 1009}


@pytest.mark.parametrize("code", [4000, 4999])
def test_a_code_of_an_application_is_told_as_a_number_rather_than_as_nothing(code: int) -> None:
    assert default_reason(code) == f"code {code}"
