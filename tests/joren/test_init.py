import json
import tomllib
from contextlib import closing
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from joren.cli.app import app
from joren.errors import ConfigError
from joren.project import load_project
from joren.recognise import Place, recognise


def init(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["init", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def columns_written(folder: Path) -> dict[str, str]:
    return dict(load_project(folder).data.sources["transactions"].columns)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_a_japanese_header_is_recognised_in_every_usual_encoding(tmp_path: Path, encoding: str) -> None:
    sales = tmp_path / "売上.csv"
    sales.write_text("顧客ＩＤ,購入日,金額,店舗\n00123,2026年1月2日,1234,渋谷\n", encoding=encoding)
    told = init(tmp_path / "shop", "--transactions", sales)
    assert columns_written(tmp_path / "shop") == {
        "customer_id": "顧客ＩＤ",
        "timestamp": "購入日",
        "amount": "金額",
    }
    assert "店舗" in told
    assert "joren run" in told


def test_the_file_is_found_from_the_project_wherever_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sales.csv").write_text("CustomerID,InvoiceDate,Amount\n")
    monkeypatch.chdir(tmp_path)
    init("shop", "--transactions", "sales.csv")
    assert load_project(tmp_path / "shop").data.sources["transactions"].location == str(
        tmp_path / "sales.csv"
    )


def test_what_is_not_recognised_is_said_and_left_to_fill_in(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("who,InvoiceDate,Amount\n")
    told = init(tmp_path / "shop", "--transactions", tmp_path / "t.csv")
    assert "not recognised" in told
    assert "joren check" in told
    text = (tmp_path / "shop" / "joren.toml").read_text()
    assert tomllib.loads(text)["tables"]["transactions"]["columns"]["customer_id"] == ""
    assert "please fill in" in text
    with pytest.raises(ConfigError, match="customer_id has no name yet"):
        load_project(tmp_path / "shop")


def test_a_file_that_is_there_stays_unless_forced(tmp_path: Path) -> None:
    file = tmp_path / "joren.toml"
    file.write_text("# mine\n")
    assert "stays as it is" in init(tmp_path, "--example", "cdnow")
    assert file.read_text() == "# mine\n"
    assert (tmp_path / "transactions.csv").exists()
    assert init(tmp_path, "--example", "cdnow", "--force", "--quiet") == ""
    assert load_project(tmp_path).training.horizon_days == 91


def test_a_project_without_data_yet_expects_the_contracts_own_names(tmp_path: Path) -> None:
    init(tmp_path / "shop")
    assert columns_written(tmp_path / "shop") == {
        "customer_id": "customer_id",
        "timestamp": "timestamp",
        "amount": "amount",
    }


def test_nothing_is_made_for_a_file_that_is_not_there(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["init", str(tmp_path / "shop"), "--transactions", "nope.csv"])
    assert result.exit_code == 2
    assert "no file nope.csv" in result.stderr
    assert not (tmp_path / "shop").exists()


def test_an_example_brings_its_own_data(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["init", str(tmp_path), "--example", "cdnow", "--transactions", "x.csv"])
    assert result.exit_code == 2


def export(folder: Path) -> None:
    """Write a shop's tables as systems export them: names of their own, headers in two languages."""
    folder.mkdir()
    files = {
        "注文.csv": "会員番号,購入日,金額\nc-7f,2026-11-20,1200\n",
        "CRM.csv": "Contact ID;Member since;Country;Shoe size\nc-7f;2025-01-02;JP;27\n",
        "tickets.csv": "CustomerId,Created On,Closed,Subject\nc-7f,2026-11-20,2026-11-21,late parcel\n",
        "reviews.csv": "customer,date,stars,text\nc-7f,2026-11-20,5,fine\nc-7f,2026-11-21,1,no\n",
        "enquete.csv": "顧客ID,回答日,推奨度\nc-7f,2026-11-20,10\n",
        "points.csv": "member_id,updated_at,ランク,ポイント\nc-7f,2026-11-20,gold,120\n",
        "contracts.csv": "user_id,start_date,end_date,プラン\nc-7f,2026-11-20,,basic\n",
        "mailing.csv": "customer_id,sent,campaign,group\nc-7f,2026-11-20,spring,control\n",
        "weather.csv": "day,rain\n2026-11-20,3\n",
        "notes.md": "not looked at",
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def test_files_are_recognised_as_tables_by_what_they_hold_and_nothing_is_asked(tmp_path: Path) -> None:
    export(tmp_path / "data")
    told = init(tmp_path / "shop", "--from", tmp_path / "data")
    sources = load_project(tmp_path / "shop").data.sources
    assert {name: Path(source.location).name for name, source in sources.items()} == {
        "transactions": "注文.csv",
        "customers": "CRM.csv",
        "interactions": "tickets.csv",
        "surveys": "reviews.csv",
        "loyalty": "points.csv",
        "subscriptions": "contracts.csv",
        "treatments": "mailing.csv",
    }
    assert sources["surveys"].constants == {"kind": "csat"}
    assert sources["treatments"].columns["arm"] == "group"
    assert sources["interactions"].columns == {
        "customer_id": "CustomerId", "opened_at": "Created On", "resolved_at": "Closed", "topic": "Subject"
    }  # fmt: skip
    for unused in ("enquete.csv", "weather.csv"):
        assert unused in told.replace("\n", "")
    checked = CliRunner().invoke(app, ["check", "--project", str(tmp_path / "shop"), "--json"])
    tables = json.loads(checked.stdout)["tables"]
    assert [table["rows"]["refused"] for table in tables.values()] == [0] * 7
    assert tables["customers"]["attributes"] == {"Shoe size": "Shoe size"}


@pytest.mark.parametrize(
    ("score", "values", "kind"),
    [
        ("score", (1, 5), {"kind": "csat"}),
        ("score", (1, 7), {"kind": "ces"}),
        ("score", (0, 5), {"kind": "nps"}),
        ("NPS", (3, 4), {"kind": "nps"}),
        ("score", (1, 100), {}),
        ("score", ("good", "bad"), {}),
    ],
)
def test_the_kind_of_a_survey_is_told_by_its_name_or_its_scores(
    tmp_path: Path, score: str, values: tuple[object, ...], kind: dict[str, str]
) -> None:
    file = tmp_path / "survey.csv"
    rows = "".join(f"c-{number},2026-11-20,{value}\n" for number, value in enumerate(values))
    file.write_text(f"customer_id,date,{score}\n{rows}")
    assert recognise([Place(file)])["surveys"].constants == kind


def test_files_may_be_named_one_by_one_and_the_transactions_outright(tmp_path: Path) -> None:
    export(tmp_path / "data")
    data = tmp_path / "data"
    told = init(
        tmp_path / "a", "--from", data / "CRM.csv", data / "points.csv", "--transactions", data / "注文.csv"
    )
    assert list(load_project(tmp_path / "a").data.sources) == ["transactions", "customers", "loyalty"]
    assert "joren run" in told
    result = CliRunner().invoke(app, ["init", str(tmp_path / "b"), "--from", str(data / "CRM.csv")])
    assert result.exit_code == 2
    assert "looks like transactions" in result.stderr
    assert not (tmp_path / "b").exists()
    result = CliRunner().invoke(app, ["init", str(tmp_path / "b"), str(data / "CRM.csv")])
    assert result.exit_code == 2
    assert "--from" in result.stderr


def test_the_tables_of_a_duckdb_file_are_looked_at_one_by_one(tmp_path: Path) -> None:
    with closing(duckdb.connect(tmp_path / "shop.duckdb")) as connection:
        connection.execute(
            "CREATE TABLE orders AS SELECT 'c-7f' AS customer_id, today() AS date, 5 AS amount"
        )
        connection.execute("CREATE SCHEMA crm; CREATE TABLE crm.nps AS SELECT 'c-7f' AS id, today() AS date")
        connection.execute(
            "ALTER TABLE crm.nps RENAME COLUMN id TO customer; ALTER TABLE crm.nps ADD score INT"
        )
    init(tmp_path, "--from", tmp_path / "shop.duckdb")
    sources = load_project(tmp_path).data.sources
    assert {name: (source.table, dict(source.constants)) for name, source in sources.items()} == {
        "transactions": ("orders", {}),
        "surveys": ("crm.nps", {"kind": "nps"}),
    }
    checked = CliRunner().invoke(app, ["check", "--project", str(tmp_path)])
    assert checked.exit_code == 0, checked.output
    init(tmp_path / "other", "--transactions", f"{tmp_path / 'shop.duckdb'}::orders")
    assert load_project(tmp_path / "other").data.sources["transactions"].table == "orders"
