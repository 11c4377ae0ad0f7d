import math
from itertools import product

import pytest

from features.cx.figures import mean_figure, nps_figure, share_figure


def test_wilsons_interval_is_the_published_one() -> None:
    """81 of 263: Newcombe, Statistics in Medicine 17 (1998), table I, method 3."""
    figure = share_figure(81, 263)
    assert figure is not None
    assert (figure.low, figure.high) == pytest.approx((0.2553, 0.3662), abs=5e-5)


@pytest.mark.parametrize(("count", "n"), [(0, 20), (29, 29), (1, 1)])
def test_a_share_at_an_end_keeps_an_interval_within_the_scale(count: int, n: int) -> None:
    figure = share_figure(count, n, scale=100)
    assert figure is not None
    assert 0 <= figure.low <= figure.value <= figure.high <= 100
    assert figure.low < figure.high


def test_the_interval_of_the_nps_covers_what_it_promises() -> None:
    """Summed over every outcome of 12 answers, by their multinomial probabilities."""
    n = 12
    for promoters, passives in ((0.6, 0.3), (0.3, 0.3), (0.45, 0.45), (0.2, 0.2)):
        detractors = 1 - promoters - passives
        truth = 100 * (promoters - detractors)
        covered = 0.0
        for high, low in product(range(n + 1), repeat=2):
            if high + low > n:
                continue
            figure = nps_figure(high, low, n)
            assert figure is not None
            assert -100 <= figure.low <= figure.value <= figure.high <= 100
            ways = math.comb(n, high) * math.comb(n - high, low)
            chance = ways * promoters**high * detractors**low * passives ** (n - high - low)
            covered += chance * (figure.low <= truth <= figure.high)
        assert 0.93 <= covered <= 0.985


def test_nps_where_all_answer_alike() -> None:
    all_promote, nobody_minds = nps_figure(5, 0, 5), nps_figure(0, 0, 5)
    assert all_promote is not None
    assert nobody_minds is not None
    assert (all_promote.value, all_promote.high) == (100, 100)
    assert all_promote.low < 50
    assert nobody_minds.low == pytest.approx(-nobody_minds.high)
    assert nobody_minds.high > 30


def test_a_mean_has_students_interval_within_its_scale() -> None:
    scores = [2.0, 4.0, 5.0, 7.0, 7.0]
    figure = mean_figure(5, sum(scores), sum(score**2 for score in scores), (1, 7))
    assert figure is not None
    assert figure.value == 5.0
    assert figure.low == pytest.approx(5.0 - 2.7764 * math.sqrt(4.5 / 5), abs=1e-3)
    assert figure.high == 7.0


def test_figures_of_nothing_and_of_too_little() -> None:
    assert share_figure(0, 0) is nps_figure(0, 0, 0) is mean_figure(0, 0, 0, (1, 7)) is None
    alone = mean_figure(1, 6, 36, (1, 7))
    assert alone is not None
    assert (alone.value, alone.low, alone.high) == (6, None, None)
