"""Where a notification may lead: to a page of this site, or to a web address."""

import re
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError

from chat.errors import InvalidField
from chat.inputs import check_text

#: Longest address, in characters.
MAX_URL = 500

_EXPECTED = "expected a path of this site like '/orders/7', or an address with http:// or https://"
# Browsers drop tabs and line ends inside an address and read `\` as `/`: `/\evil.example` leads away from the site.
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")


def is_link(url: str) -> bool:
    """Return whether an address is safe to follow: `/path` on this site, or `http(s)://host…`, and no script."""
    if _UNSAFE.search(url):
        return False
    if url.startswith("/"):
        # `//host` is an address on another site.
        return not url.startswith("//")
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.username is None
    except ValueError:
        return False


def check_link(value: Any) -> str:
    """Return an address as it is stored; empty for none.

    Raises:
        InvalidField: it is no text, too long, or not safe to follow.
    """
    url = check_text("url", value, minimum=0, maximum=MAX_URL)
    if url and not is_link(url):
        raise InvalidField("url", f"{_EXPECTED}, got {url[:80]!r}")
    return url


def validate_link(value: str) -> None:
    """Refuse an unsafe address in a form or serializer; a validator of Django.

    Raises:
        ValidationError: it is not safe to follow.
    """
    if not is_link(value):
        raise ValidationError(_EXPECTED)
