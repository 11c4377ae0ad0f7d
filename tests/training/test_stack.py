import numpy as np
from scipy.special import expit

from training.stack import PRIOR, Stack


def moment(seed: int, customers: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Three members: one that knows nothing, one that knows all, one that is twice too sure."""
    draw = np.random.default_rng(seed)
    truth = draw.normal(1.0, 1.5, customers)
    members = np.column_stack([draw.normal(0.0, 1.5, customers), truth, 2.0 * truth])
    return members, (draw.random(customers) < expit(truth)).astype(float)


def test_without_evidence_the_prior_holds() -> None:
    assert Stack.fit([]) == Stack(0.0, PRIOR)


def test_evidence_moves_weight_from_the_ignorant_to_the_knowing() -> None:
    learned = Stack.fit([moment(seed) for seed in range(6)])
    assert learned.weights[0] < PRIOR[0] / 2
    members, _ = moment(99)
    assert np.abs(learned.combine(members) - members[:, 1]).mean() < 0.6


def test_one_moment_moves_less_than_many_however_many_customers_it_has() -> None:
    def moved(stack: Stack) -> float:
        return abs(stack.weights[0] - PRIOR[0])

    one_large = Stack.fit([moment(1, customers=24_000)])
    six_small = Stack.fit([moment(seed) for seed in range(6)])
    assert moved(one_large) < moved(six_small)


def test_a_level_that_is_off_at_a_single_moment_is_mostly_left_to_the_season() -> None:
    members, churned = moment(5)
    off = Stack.fit([(members - 1.0, churned)])
    assert 0.0 < off.intercept < 0.25
