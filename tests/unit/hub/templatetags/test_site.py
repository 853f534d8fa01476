"""The tags of the site's own pages."""

import pytest

from hub.templatetags.site import demo_accounts


@pytest.mark.parametrize(
    ("environment", "accounts"), [("demo", ["demo", "guest", "admin"]), ("production", []), ("test", [])]
)
def test_the_demo_accounts_are_shown_in_demo_mode_only(
    environment: str, accounts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUBBUB_ENV", environment)
    assert demo_accounts() == accounts
