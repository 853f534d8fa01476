"""Pages of a list: by id, where the page must not shift as things are added, and by name."""

from dataclasses import dataclass

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

from hub.core.errors import BadRequest

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
#: The greatest id a database gives.
MAX_ID = 2**63 - 1

BEFORE = OpenApiParameter("before", OpenApiTypes.INT64, description="Only what has a lower id: older things.")
AFTER = OpenApiParameter("after", OpenApiTypes.INT64, description="Only what has a higher id: newer things.")
LIMIT = OpenApiParameter(
    "limit", OpenApiTypes.INT32, description=f"How many at most: 1 to {MAX_LIMIT}, {DEFAULT_LIMIT} where absent."
)


@dataclass(frozen=True, slots=True)
class KeysetPage:
    """Which part of a list is asked for. Positions are ids, so nothing is shown twice or left out as rows come."""

    before: int | None
    after: int | None
    limit: int


def read_keyset(request: Request) -> KeysetPage:
    """Read `before`, `after` and `limit` out of the query of a request.

    Raises:
        BadRequest: one of them is no number in its range, or both `before` and `after` came.
    """
    before = read_number(request, "before", maximum=MAX_ID)
    after = read_number(request, "after", maximum=MAX_ID, minimum=0)
    if before is not None and after is not None:
        raise BadRequest("expected before or after, got both")
    return KeysetPage(before, after, read_number(request, "limit", maximum=MAX_LIMIT) or DEFAULT_LIMIT)


def read_number(request: Request, name: str, *, maximum: int, minimum: int = 1) -> int | None:
    """Return a whole number of the query, None where it is absent.

    Raises:
        BadRequest: it is something else, or out of range.
    """
    text = request.query_params.get(name)
    if text is None:
        return None
    # Digits only, and few: int() would take "1_0", "+1" and a megabyte of nines.
    if not text.isascii() or not text.isdigit() or len(text) > 19 or not minimum <= int(text) <= maximum:
        raise BadRequest(f"expected {name} to be a number from {minimum} to {maximum}, got {text[:40]!r}")
    return int(text)


class NamePagination(CursorPagination):
    """Pages of things that have a `slug`, in its order: `{"results", "next", "previous"}`."""

    ordering = "slug"
    page_size = DEFAULT_LIMIT
    page_size_query_param = "limit"
    max_page_size = MAX_LIMIT
