"""What judges a soak finds the growth that is planted, and takes no noise for it."""

from random import Random

import pytest

from tests.chaos.growth import Bound, Sample, as_markdown, judge, problems, series, slope

BOUND = Bound(per_hour=30, noise=4, left_over=8)
MINUTES = 20


def samples(per_hour: float, *, noise: float = 0.0, warm_up: float = 0.0, seed: int = 1) -> list[Sample]:
    """Return samples every 5 s of something that begins at 100.

    Arguments:
        warm_up: by how much it grows besides, in the first quarter only.
    """
    chance = Random(seed)
    times = [5.0 * number for number in range(MINUTES * 12)]
    warm = [warm_up * min(1.0, 4 * at / times[-1]) for at in times]
    return [
        (at, 100 + per_hour * at / 3600 + extra + chance.uniform(-noise, noise))
        for at, extra in zip(times, warm, strict=True)
    ]


@pytest.mark.parametrize("seed", range(5))
def test_growth_that_is_planted_is_found_below_noise(seed: int) -> None:
    trend = judge("web.1 rss MiB", samples(60, noise=3, seed=seed), BOUND)
    assert trend.problem.startswith("web.1 rss MiB grows by ")
    assert trend.per_hour == pytest.approx(60, rel=0.2)


@pytest.mark.parametrize("seed", range(5))
def test_noise_is_no_growth(seed: int) -> None:
    assert not judge("rss", samples(0, noise=5, seed=seed), BOUND).problem


def test_what_warms_up_at_first_and_then_stays_is_no_growth() -> None:
    trend = judge("rss", samples(0, warm_up=50), BOUND)
    assert trend.start == pytest.approx(100, abs=1)
    assert trend.end == 150
    assert not trend.problem


def test_what_shrinks_is_no_growth() -> None:
    assert not judge("rss", samples(-100), BOUND).problem


def test_a_steep_slope_over_a_moment_is_noise() -> None:
    # 3 MiB within 20 s are 540 an hour, and 3 MiB.
    assert not judge("rss", [(0.0, 100.0), (10.0, 101.0), (20.0, 103.0)], BOUND).problem


def test_a_few_strange_samples_bend_no_slope() -> None:
    strange = [(at, 5000.0 if number % 17 == 0 else value) for number, (at, value) in enumerate(samples(60))]
    assert slope(strange) * 3600 == pytest.approx(60, rel=0.2)


def test_what_is_left_over_when_the_load_is_gone_is_found() -> None:
    assert not judge("tasks", samples(0), BOUND, before=10, after=18).problem
    assert judge("tasks", samples(0), BOUND, before=10, after=19).problem == (
        "tasks is 19 when all load is gone, and was 10 before it came"
    )


def test_what_may_grow_is_not_judged() -> None:
    assert not judge("database MiB", samples(1000), None).problem


def test_the_table_shows_every_level_and_what_is_wrong() -> None:
    trends = [judge("flat", samples(0), BOUND), judge("leak", samples(3600), BOUND, before=1, after=2)]
    table = as_markdown(trends).splitlines()
    assert table[2] == "| flat | - | 100 | 100 | 100 | 0 | - | flat |"
    assert table[3].startswith("| leak | 1 | 105 | 695 | 1,290 | 3,600 | 2 | leak grows by 3600.0 an hour")
    assert len(problems(trends)) == 1


def test_samples_are_sorted_by_what_was_sampled() -> None:
    assert series([(0.0, {"a": 1.0}), (5.0, {"a": 2.0, "b": 3.0})]) == {
        "a": [(0.0, 1.0), (5.0, 2.0)],
        "b": [(5.0, 3.0)],
    }
