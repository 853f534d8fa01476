"""A dispatcher, and a client of it."""

from collections.abc import AsyncIterator

import pytest

from hub.dispatch import Dispatcher
from tests.integration.hub.dispatch.dispatching import Client, running_dispatcher


@pytest.fixture
async def dispatcher() -> AsyncIterator[Dispatcher]:
    async with running_dispatcher() as dispatcher:
        yield dispatcher


@pytest.fixture
async def client(dispatcher: Dispatcher) -> AsyncIterator[Client]:
    client = Client(dispatcher)
    yield client
    await client.leave()
