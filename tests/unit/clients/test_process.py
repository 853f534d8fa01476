"""Interrupts that wait for a block to end."""

import os
import signal

import pytest

from clients.process import INTERRUPTS, interrupts_held


@pytest.mark.parametrize("number", INTERRUPTS)
def test_an_interrupt_waits_for_the_end_of_the_block(number: signal.Signals) -> None:
    steps = []
    with pytest.raises(KeyboardInterrupt), interrupts_held():
        os.kill(os.getpid(), number)
        steps.append("after the signal")
    assert steps == ["after the signal"]


def test_a_second_interrupt_does_not_wait() -> None:
    before = [signal.getsignal(number) for number in INTERRUPTS]
    steps = []
    with pytest.raises(KeyboardInterrupt), interrupts_held():
        os.kill(os.getpid(), signal.SIGTERM)
        steps.append("after the first")
        os.kill(os.getpid(), signal.SIGINT)
        steps.append("after the second")
    assert steps == ["after the first"]
    assert [signal.getsignal(number) for number in INTERRUPTS] == before


def test_without_an_interrupt_nothing_happens_and_the_handlers_are_back() -> None:
    before = [signal.getsignal(number) for number in INTERRUPTS]
    with interrupts_held():
        assert [signal.getsignal(number) for number in INTERRUPTS] != before
    assert [signal.getsignal(number) for number in INTERRUPTS] == before


def test_an_error_of_the_block_goes_before_an_interrupt() -> None:
    before = [signal.getsignal(number) for number in INTERRUPTS]
    with pytest.raises(ValueError, match="of the block"), interrupts_held():
        os.kill(os.getpid(), signal.SIGTERM)
        raise ValueError("of the block")
    assert [signal.getsignal(number) for number in INTERRUPTS] == before
