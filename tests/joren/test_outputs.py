import csv
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from features.sources import tables_from_frame
from features.tables import Tables
from joren.outputs import AT_RISK_COLUMNS, write_results
from joren.report import RunReport
from tests.joren.sample import IDS, sample_report
from training.score_schema import SCORE_SCHEMA


@pytest.fixture(scope="module")
def tables() -> Tables:
    rows = [("c-7f", "2026-01-02", "5.00")] * 10 + [("00123", "2026-01-03", "five")]
    return tables_from_frame(pd.DataFrame(rows, columns=["customer_id", "timestamp", "amount"]))


def listed(report: RunReport, tables: Tables, folder: Path) -> list[list[str]]:
    write_results(report, tables, folder)
    with (folder / "at_risk.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_the_scores_have_exactly_the_columns_and_types_of_one_score(tmp_path: Path, tables: Tables) -> None:
    names = write_results(sample_report(), tables, tmp_path / "new")
    assert {path.name for path in (tmp_path / "new").iterdir()} == set(names)
    written = pq.read_table(tmp_path / "new" / "scores.parquet")
    assert written.schema == SCORE_SCHEMA
    assert written["customer_id"].to_pylist() == list(IDS)
    assert written["at_risk_rank"].to_pylist() == [1, 2, 3, 4, None]
    assert written["reasons"][0].as_py()[0]["text"] == "last order 84 days ago; usually every 21"


def test_the_quarantine_says_which_row_and_why(tmp_path: Path, tables: Tables) -> None:
    write_results(sample_report(), tables, tmp_path)
    (row,) = pq.read_table(tmp_path / "quarantine.parquet").to_pylist()
    assert (row["source_row"], row["reason"]) == (11, "unreadable_amount")
    assert json.loads(row["row"])["customer_id"] == "00123"


def test_the_list_holds_the_eligible_by_rank_and_runs_nothing(tmp_path: Path, tables: Tables) -> None:
    report = sample_report()
    shuffled = replace(report, scores=report.scores.sample(frac=1, random_state=3))
    header, *rows = listed(shuffled, tables, tmp_path)
    assert tuple(header) == AT_RISK_COLUMNS
    assert [row[0] for row in rows] == ["1", "2", "3", "4"]
    assert [row[1] for row in rows] == ["c-7f", "00123", "常連-42", "'=cmd|' /C calc'!A0"]
    assert rows[0][header.index("historic_clv")] == "-5.25"
    assert rows[1][header.index("reasons")].count("; ") == 2


@pytest.mark.parametrize(
    ("customer", "start"), [("c-7f", b"at_risk_rank"), ("常連-42", b"\xef\xbb\xbfat_risk_rank")]
)
def test_a_byte_order_mark_stands_only_where_there_is_more_than_ascii(
    tmp_path: Path, tables: Tables, customer: str, start: bytes
) -> None:
    write_results(sample_report((customer, "b")), tables, tmp_path)
    assert (tmp_path / "at_risk.csv").read_bytes().startswith(start)
    assert list(pd.read_csv(tmp_path / "at_risk.csv")["customer_id"]) == [customer]


def test_the_metrics_add_up_and_name_no_customer(tmp_path: Path, tables: Tables) -> None:
    write_results(sample_report(), tables, tmp_path)
    text = (tmp_path / "metrics.json").read_text(encoding="utf-8")
    metrics = json.loads(text)
    rows = metrics["rows"]
    assert rows == {"read": 1012, "accepted": 1000, "refused": 12, "after_as_of": 70, "repeated": 3}
    assert rows["read"] == rows["accepted"] + rows["refused"]
    assert metrics["evaluation"]["kind"] == "out-of-time"
    assert set(metrics["evaluation"]["metrics"]) == {"Joren", "BG/NBD", "recency rule"}
    assert not [customer for customer in ("c-7f", "00123", "常連-42", "cmd") if customer in text]


def test_what_could_not_be_told_is_null_not_nothing(tmp_path: Path, tables: Tables) -> None:
    report = replace(sample_report(), evaluation=None, first_day=None, last_day=date(2026, 1, 1))
    write_results(report, tables, tmp_path)
    metrics = json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["evaluation"] is None
    assert metrics["data"] == {"first_day": None, "last_day": "2026-01-01"}
