import numpy as np
import pandas as pd

from training.models.inputs import Inputs, Numbers

TABLE = pd.DataFrame(
    {
        "gap": [np.nan, 3.0, 8.0, np.nan],
        "sd": [np.nan, 1.0, 2.0, np.nan],
        "spend": [-10.0, 0.0, 5.0, 1e9],
        "same": [2.0, 2.0, 2.0, 2.0],
    }
)
FEATURES = tuple(TABLE.columns)


def test_constant_features_are_left_out_and_shared_gaps_share_an_indicator() -> None:
    inputs = Inputs.fit(TABLE, FEATURES)
    assert inputs.columns == ("gap", "sd", "spend", "gap")


def test_missing_values_stand_at_the_mean_beside_their_indicator() -> None:
    matrix = Inputs.fit(TABLE, FEATURES).matrix(Numbers(TABLE, FEATURES))
    assert matrix[0, :2].tolist() == [0.0, 0.0]
    assert matrix[:, 3].tolist() == [1.0, 0.0, 0.0, 1.0]


def test_a_value_far_out_counts_as_four_standard_deviations() -> None:
    inputs = Inputs.fit(TABLE, ("spend",))
    far = pd.DataFrame({"spend": [1e300, -1e300]})
    assert inputs.matrix(Numbers(far, ("spend",))).ravel().tolist() == [4.0, -4.0]


def test_rows_are_read_one_by_one() -> None:
    inputs = Inputs.fit(TABLE, FEATURES)
    alone = np.vstack([inputs.matrix(Numbers(TABLE.iloc[[i]], FEATURES)) for i in range(len(TABLE))])
    np.testing.assert_array_equal(alone, inputs.matrix(Numbers(TABLE, FEATURES)))
