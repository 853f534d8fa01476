"""The report opens without a network, and nothing in it can break out of its place."""

import json
import re
from datetime import UTC, datetime

from clients.load.figures import Summary, as_json, rates_of
from clients.load.page import as_page


def summary() -> Summary:
    """Return a summary with something of everything."""
    made = Summary("a <run>", rates=[(0.5, 100.0), (1.0, 200.0)], closes={1006: 2}, problems=["expected <less>"])
    made.add("messages", 12_345)
    for microseconds in (100, 200, 90_000):
        made.latency.add(microseconds)
    made.add_latency("delay")
    return made


def test_the_page_shows_figures_problems_and_both_plots() -> None:
    page = as_page(summary(), "load --x '<y>'", datetime(2026, 1, 2, tzinfo=UTC))
    assert "<td>messages</td><td>12,345</td>" in page
    assert "2026-01-02 00:00 UTC" in page
    assert page.count("<svg") == page.count("<polyline") == 2
    assert "a &lt;run&gt;" in page
    assert "expected &lt;less&gt;" in page
    assert "&lt;y&gt;" in page


def test_the_page_asks_for_nothing_from_elsewhere() -> None:
    page = as_page(summary(), "load")
    assert not re.search(r"https?:|src=|<link|<script|@import|url\(", page)


def test_a_run_without_latencies_has_no_plot_of_them() -> None:
    assert "Latency" not in as_page(Summary("connections", rates=[(0.5, 1.0), (1.0, 2.0)]), "load")


def test_the_json_holds_every_figure() -> None:
    found = json.loads(as_json(summary()))
    assert {figure["name"] for figure in found["figures"]} >= {"messages", "delay, p50", "delay, p99"}
    assert found["latency"]["count"] == 3
    assert found["closes"] == {"1006": 2}


def test_rates_are_differences_by_time() -> None:
    assert rates_of([(0.0, 0), (0.5, 10), (1.5, 40)]) == [(0.5, 20.0), (1.5, 30.0)]
