"""The whole command, short: `pytest -m benchmark tests/benchmarks`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import ROOT


@pytest.mark.benchmark
@pytest.mark.timeout(300)
def test_the_command_measures_what_it_is_asked_for_and_nothing_goes_wrong(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    asked = ("--only", "screen,connects,durable", "--seconds", "1", "--json", str(figures), "--markdown")
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", *asked],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    # A goal that is not reached is no error here.
    assert done.returncode in (0, 1), done.stderr
    rows = json.loads(figures.read_text())["rows"]
    assert len(rows) == done.stdout.count("\n| ") - 2
    told = [problem for row in rows for problem in row["problems"] if "a second" not in problem]
    assert not told
    assert all(row["figures"] or row["not_measured"] for row in rows)
