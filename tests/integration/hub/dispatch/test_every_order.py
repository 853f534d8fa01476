"""Whatever order things happen in, every reader gets each event once and in order (P3): tried by a state machine.

`pytest --hypothesis-profile=thorough` on this file tries two thousand orders.
"""

import logging
from collections.abc import Iterator, Sequence

import pytest
from django.test import override_settings
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from hub import announce, database
from tests.integration.hub.dispatch.deployment import SMALL, Deployment
from tests.integration.hub.dispatch.planted_faults import FAULTS, Plant

pytestmark = pytest.mark.django_db

#: Orders tried where nothing else is asked for.
FEW = 40
STEPS = 50
#: What the machine says of a reader that got something wrong, or not everything; what breaks in a test says otherwise.
VERDICT = r"got \[|expected to begin|is stuck|waits for ever|for nothing"


class _Doorbell:
    """Rings at the network of the machine that runs."""

    def publish(self, messages: Sequence[tuple[str, bytes]]) -> bool:
        # Each of them, also where the first one is lost.
        taken = [Deployment.network.publish(*message) for message in messages]
        return all(taken)


@pytest.fixture(autouse=True)
def small_and_stepped(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make everything small, and let the machine carry announcements and do database work itself."""
    monkeypatch.setattr(announce, "doorbell", _Doorbell)
    # It would end the test's own transaction: the work is done in the thread of the test.
    monkeypatch.setattr(database, "close_old_connections", lambda: None)
    # What the layer goes through is logged, at length.
    for name in ("hub.dispatch.link", "hub.dispatch.dispatcher", "hub.background"):
        monkeypatch.setattr(logging.getLogger(name), "disabled", True)
    with override_settings(**SMALL):
        yield


def is_thorough() -> bool:
    """Say whether there is a night's time."""
    return settings.get_current_profile_name() == "thorough"


def try_orders(count: int, *, same_each_time: bool = False) -> None:
    """Run the machine; `same_each_time`: through the same orders, up to the first that fails, as it is.

    Raises:
        AssertionError: a reader did not get the log.
    """
    tried = settings(
        max_examples=count, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck)
    )
    if same_each_time:
        tried = settings(
            tried,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            report_multiple_bugs=False,
            print_blob=False,
        )
    run_state_machine_as_test(Deployment, settings=tried)


@pytest.mark.timeout(3_600)
def test_whatever_happens_in_whatever_order_each_reader_gets_the_log() -> None:
    try_orders(settings().max_examples if is_thorough() else FEW)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("plant", FAULTS, ids=lambda plant: plant.__name__)
def test_a_fault_in_the_dispatcher_is_found(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError, match=VERDICT):
        # Which orders they are differs with the code that is loaded: Hypothesis takes up its literals.
        try_orders(2_000, same_each_time=True)
