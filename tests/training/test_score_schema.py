from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pytest

from training.score_schema import SCORE_COLUMNS, SCORE_SCHEMA

DESIGN = Path(__file__).parents[2].parent / "shared" / "design.md"


def test_the_columns_are_the_designs_in_its_order() -> None:
    if not DESIGN.exists():
        pytest.skip("the design document is not beside this clone")
    block = DESIGN.read_text("utf-8").split("## One score\n`", 1)[1].split("`", 1)[0]
    names = re.sub(r"\([^)]*\)|\[\{[^}]*\}\]", "", block).replace("\n", " ")
    assert tuple(name.strip() for name in names.split(",")) == SCORE_COLUMNS


def test_a_row_of_nulls_where_no_model_can_give_a_number_fits_the_schema() -> None:
    required = {"customer_id": "c-7f", "score_status": "insufficient_history", "model_version": "0" * 12}
    required |= {"run_id": "r", "currency": "XXX"}
    row = dict.fromkeys(SCORE_COLUMNS) | required
    batch = pa.RecordBatch.from_pylist([row], schema=SCORE_SCHEMA)
    assert batch.column("reasons").null_count == 1
