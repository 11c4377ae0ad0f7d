import numpy as np
import pytest

from training.models.bgnbd import BGNBD
from training.models.mbgnbd import MBGNBD
from training.models.paretonbd import ParetoNBD
from training.models.purchases import PurchaseModel


@pytest.mark.parametrize("model", [BGNBD(1, 1, 1, 1), MBGNBD(1, 1, 1, 1), ParetoNBD(1, 1, 1, 1)])
@pytest.mark.parametrize("horizon", [5e-324, 1e-300, 1e-30])
def test_in_next_to_no_time_nothing_happens(model: PurchaseModel, horizon: float) -> None:
    silent = model.probability_no_purchase(
        horizon, np.array([0, 3]), np.array([0.0, 0.5]), np.array([1.0, 1.0])
    )
    np.testing.assert_allclose(silent, 1.0, atol=1e-12)
    assert model.purchase_count_pmf(1, horizon, 0, 0.0, 1.0) <= horizon * 10
