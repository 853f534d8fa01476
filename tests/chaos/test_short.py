"""A short form of `make chaos`: some faults on one hub, with little load."""

from pathlib import Path

import pytest

from tests.chaos.faults import SHORT
from tests.chaos.run import run_fault


@pytest.mark.timeout(240)
async def test_nothing_is_lost_doubled_or_out_of_order(prepared_var: Path) -> None:
    row = await run_fault(SHORT, prepared_var, seed=1)
    assert row.is_right, row
