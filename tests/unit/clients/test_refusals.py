"""Which answers end the attempts."""

import pytest

from clients.refusals import close_code_is_final, status_is_final


@pytest.mark.parametrize("status", [301, 302, 400, 401, 403, 404, 409, 426])
def test_client_errors_and_redirects_are_final(status: int) -> None:
    assert status_is_final(status)


@pytest.mark.parametrize("status", [200, 408, 425, 429, 500, 502, 503])
def test_other_statuses_may_pass(status: int) -> None:
    assert not status_is_final(status)


@pytest.mark.parametrize("code", [1009, 3500, 3501, 3507, 3999, 4500, 4999])
def test_terminal_close_codes_are_final(code: int) -> None:
    assert close_code_is_final(code)


@pytest.mark.parametrize("code", [1000, 1001, 1005, 1006, 1011, 1012, 3000, 3001, 3005, 3008, 3499, 4000, 4499])
def test_all_other_close_codes_invite_back(code: int) -> None:
    assert not close_code_is_final(code)
