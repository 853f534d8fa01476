"""What a reader that stops reading costs the server: the short form of `python -m tests.chaos.stall` (P4)."""

from pathlib import Path

import pytest

from tests.chaos.stall import MOST_MEMORY, Load, measure


@pytest.mark.timeout(240)
async def test_a_reader_that_stops_reading_costs_little_and_gets_everything_when_it_reads_on(
    prepared_var: Path,
) -> None:
    # Many that stop share what the allocator keeps by chance.
    figures = await measure(prepared_var, Load(megabytes=10, readers=2, stalled=8, rate=20_000_000, patience=30))
    assert figures.complete == figures.expected == 10
    assert figures.memory_each < MOST_MEMORY
    assert 0 < figures.kernel_each < MOST_MEMORY, "something has to wait for them"
