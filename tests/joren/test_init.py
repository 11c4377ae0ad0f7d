import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from joren.cli.app import app
from joren.errors import ConfigError
from joren.project import load_project


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
