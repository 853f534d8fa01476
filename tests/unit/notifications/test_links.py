"""Where a notification may lead."""

import pytest
from django.core.exceptions import ValidationError

from chat.errors import InvalidField
from notifications.links import check_link, is_link, validate_link

SAFE = [
    "/",
    "/?room=lobby",
    "/orders/7#paid",
    "http://example.com",
    "https://example.com:8443/a?b=c#d",
    "HTTPS://EXAMPLE.COM/",
    "https://[::1]/a",
]
UNSAFE = [
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    " javascript:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "//evil.example/",
    "/\\evil.example",
    "/\t/evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "https:///evil",
    "https://",
    "https://user@evil.example/",
    "https://[::1",
    "ftp://example.com/",
    "example.com",
    "orders/7",
    "?room=lobby",
    "https://exa mple.com",
    "/a\nb",
]


@pytest.mark.parametrize("url", SAFE)
def test_a_path_of_the_site_or_a_web_address_passes(url: str) -> None:
    assert is_link(url)
    assert check_link(url) == url
    validate_link(url)


@pytest.mark.parametrize("url", UNSAFE)
def test_a_script_or_a_disguised_address_is_refused(url: str) -> None:
    assert not is_link(url)
    with pytest.raises(ValidationError, match="expected a path of this site"):
        validate_link(url)


def test_an_unsafe_address_is_named_in_the_error() -> None:
    with pytest.raises(InvalidField, match=r"url: expected a path of this site .* got 'javascript:alert\(1\)'"):
        check_link("javascript:alert(1)")


def test_no_address_is_an_empty_one() -> None:
    assert check_link("") == ""


def test_an_endless_address_is_refused() -> None:
    with pytest.raises(InvalidField, match="url: expected 0 to 500 characters"):
        check_link("/" + "a" * 500)
