"""Close codes: the documented numbers, and what their ranges promise."""

import pytest

from hub.core import errors
from hub.core.codes import CLOSE_FOR_ERROR, CloseCode, close_code_for, reconnects

ENDS = [
    (errors.InternalError, 3004),
    (errors.Unauthorized, 3500),
    (errors.UnknownStream, 3501),
    (errors.PermissionDenied, 3507),
    (errors.LimitExceeded, 3501),
    (errors.BadRequest, 3501),
    (errors.NotAvailable, 3508),
    (errors.TokenExpired, 3005),
    (errors.TooManyRequests, 3013),
    (errors.UnrecoverablePosition, 3010),
]

#: Those of the server itself, and the ends of the ranges.
COMES_BACK = [1000, 1001, 1006, 1011, 3000, 3001, 3004, 3005, 3008, 3010, 3013, 3499, 4000, 4499, 5000]
STAYS_AWAY = [1009, 3500, 3501, 3507, 3508, 3509, 3999, 4500, 4999]


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
