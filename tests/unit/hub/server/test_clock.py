"""The server measures by a clock that does not jump."""

import time
from types import SimpleNamespace

import daphne.http_protocol
import daphne.server
import daphne.ws_protocol
import pytest
from twisted.internet.task import Clock

from hub.server.clock import measure_steadily

MODULES = (daphne.server, daphne.ws_protocol, daphne.http_protocol)


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in MODULES:
        monkeypatch.setitem(vars(module), "time", time)


def test_daphne_and_the_reactor_do_not_ask_for_the_time_of_day(monkeypatch: pytest.MonkeyPatch) -> None:
    reactor = Clock()
    measure_steadily(reactor)
    monkeypatch.setattr(time, "time", lambda: pytest.fail("the time of day was asked for"))
    before = time.monotonic()
    for clock in (reactor.seconds, *(vars(module)["time"].time for module in MODULES)):
        assert before <= clock() <= time.monotonic()


def test_a_connection_is_as_old_as_it_is_though_the_day_jumps(monkeypatch: pytest.MonkeyPatch) -> None:
    measure_steadily(SimpleNamespace())
    protocol = daphne.ws_protocol.WebSocketProtocol()
    protocol.socket_opened = time.monotonic()
    monkeypatch.setattr(time, "time", lambda: 1e12)
    assert 0 <= protocol.duration() < 60
