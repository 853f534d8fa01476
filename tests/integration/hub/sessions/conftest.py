"""What the tests of sessions share: a namespace that lets everybody do everything, and tokens of another backend."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.integration.hub.boards import Boards, Passing, registered
from tests.unit.hub.tokens_of_others import SECRET


@pytest.fixture
def boards() -> Iterator[Boards]:
    """Streams `board:…`, which everybody reads and writes, and `passing:…`, of which nothing is kept."""
    namespace = Boards()
    with registered(namespace, Passing()):
        yield namespace


@pytest.fixture
def other_backend(settings: Settings) -> None:
    """Take tokens of another backend, also of people whom the site does not know."""
    settings.HUBBUB_TOKEN_HMAC_SECRET_KEY = SECRET
    settings.HUBBUB_GUESTS = True
