"""Which part of a list a request asks for."""

import pytest
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from hub.api.pagination import KeysetPage, read_keyset, read_number
from hub.core.errors import BadRequest


def request(query: str) -> Request:
    """Return a request with a query."""
    return Request(APIRequestFactory().get(f"/?{query}"))


@pytest.mark.parametrize(
    ("query", "page"),
    [
        ("", KeysetPage(None, None, 50)),
        ("before=7&limit=200", KeysetPage(7, None, 200)),
        ("after=0&limit=1", KeysetPage(None, 0, 1)),
        ("before=9223372036854775807", KeysetPage(9223372036854775807, None, 50)),
    ],
)
def test_a_page_is_read_from_the_query(query: str, page: KeysetPage) -> None:
    assert read_keyset(request(query)) == page


@pytest.mark.parametrize(
    "query",
    [
        "before=0",
        "before=-1",
        "before=x",
        "before=",
        "before=1.5",
        "before=1_0",
        "before=%2B1",
        "before=٣",
        "before=9223372036854775808",
        "after=" + "9" * 5000,
        "limit=0",
        "limit=201",
        "before=5&after=3",
    ],
)
def test_a_page_that_makes_no_sense_is_refused(query: str) -> None:
    with pytest.raises(BadRequest, match="expected"):
        read_keyset(request(query))


def test_an_absent_number_is_none() -> None:
    assert read_number(request(""), "ttl", maximum=10) is None
