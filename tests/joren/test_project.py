from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from features.tables import Rules, Source
from joren.errors import ConfigError
from joren.project import load_project, one_shot_project
from joren.template import project_file_text
from serving.retention import Retention

IN_DATABASE = "[tables.transactions]\nurl = 'postgresql://u:s3cret@h/d'\n"
DATA = '[tables.transactions]\nfile = "t.csv"\n'


def written(folder: Path, text: str) -> Path:
    (folder / "joren.toml").write_text(text, encoding="utf-8")
    return folder


def test_every_key_reaches_the_config_of_its_room(tmp_path: Path) -> None:
    project = load_project(
        written(
            tmp_path,
            """
            [run]
            as_of = 2026-03-31
            horizon_days = 60
            seed = 7
            [business]
            zone = "Asia/Tokyo"
            currency = "JPY"
            rates = { USD = 150.25, KRW = 1 }
            [data]
            refused_share_limit = 0.2
            [tables.transactions]
            file = "data/売上.csv"
            columns = { customer_id = "顧客ID" }
            [tables.surveys]
            file = "reviews.csv"
            columns = { score = "stars" }
            constants = { kind = "csat" }
            [data.rules]
            keep_repeated_lines = false
            cancelled_orders = "keep"
            cancelled_within_days = 7
            [value]
            margin_rate = 0.4
            clv_horizon_days = 180
            annual_discount_rate = 0.05
            lapsed_at = 0.9
            [bands]
            high = 0.7
            low = 0.2
            [serving]
            port = 9000
            """,
        )
    )
    assert project.as_of == date(2026, 3, 31)
    assert (project.training.horizon_days, project.training.seed) == (60, 7)
    assert (project.data.zone, project.data.currency, project.data.refused_share_limit) == (
        "Asia/Tokyo",
        "JPY",
        0.2,
    )
    assert project.data.rates == {"USD": Decimal("150.25"), "KRW": 1}
    source = project.data.sources["transactions"]
    assert source.location == str(tmp_path / "data" / "売上.csv")
    assert dict(source.columns) == {"customer_id": "顧客ID"}
    surveys = project.data.sources["surveys"]
    assert surveys == Source(str(tmp_path / "reviews.csv"), {"score": "stars"}, {"kind": "csat"})
    assert project.data.rules == Rules(
        keep_repeated_lines=False, cancelled_orders="keep", cancelled_within_days=7
    )
    policy = project.policy
    assert (policy.margin_rate, policy.clv_horizon_days, policy.annual_discount_rate) == (0.4, 180, 0.05)
    assert (policy.lapsed_at, policy.high, policy.low) == (0.9, 0.7, 0.2)
    assert project.serving == {"port": 9000}


def test_the_file_that_init_writes_is_one_that_can_be_read(tmp_path: Path) -> None:
    columns = {"customer_id": 'the "id"', "timestamp": "購入日", "amount": "a\\b"}
    project = load_project(
        written(tmp_path, project_file_text({"transactions": Source("t.csv", columns)}, currency="USD"))
    )
    assert dict(project.data.sources["transactions"].columns) == columns
    assert project.as_of is None


def test_every_example_in_the_written_file_is_a_key_that_exists(tmp_path: Path) -> None:
    text = project_file_text(
        {"transactions": Source("t.csv", {"customer_id": "a", "timestamp": "b", "amount": "c"})}
    )
    lines = [line.removeprefix("# ") if " = " in line else line for line in text.splitlines()[4:]]
    project = load_project(written(tmp_path, "\n".join(lines)))
    assert project.data.zone == "Asia/Tokyo"
    assert project.serving.items() >= {"host": "127.0.0.1", "port": 8000}.items()
    assert project.retention == Retention(keep_days=400)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (DATA + "[business]\n\nzome = 'UTC'\n", r"line 5: business\.zome is no key.*Did you mean zone"),
        (DATA + "[busines]\nzone = 'UTC'\n", r"line 3: busines is no key.*Did you mean business"),
        (DATA + "columns = { custmer_id = 'a' }\n", r"line 3: custmer_id is no column.*customer_id"),
        (DATA + "columns = { amount = '' }\n", r"line 3: amount has no name yet"),
        (
            DATA + "[tables.surveys]\nfile = 's.csv'\ncolumns = { skore = 'a' }\n",
            r"line 5: skore is no .*score",
        ),
        (DATA + "[tables.surveys]\nconstants.kind = ''\n", r"line 3: tables\.surveys\.file is missing"),
        (DATA + "[tables.survey]\nfile = 's.csv'\n", r"line 3: tables\.survey is no key.*surveys"),
        (DATA + "[tables.surveys]\nfiel = 's.csv'\n", r"line 4: tables\.surveys\.fiel is no key.*file"),
        (DATA + "[data.rules]\ncancelled_orders = 'forget'\n", r"line 4: .*'forget' cannot be"),
        (DATA + "url = 'postgresql://h/d'\n", r"line 1: tables\.transactions\.file and url are two places"),
        (DATA + "table = 't'\nquery = 'q'\n", r"two questions"),
        (IN_DATABASE, r"line 1: tables\.transactions\.table is missing"),
        (IN_DATABASE + "table = 't'\n", r"line 2: url holds a password.*url_env"),
        ("[tables.transactions]\nurl = 'mysql://u:s3cret@h/d'\ntable = 't'\n", r"line 2: url is no URL"),
        ("[tables.transactions]\nurl = 'postgres://u:a/s3cret@h/d'\ntable = 't'\n", r"line 2: url is no URL"),
        ("[tables.transaction]\nfile = 't.csv'\n", r"line 1: tables\.transaction is no key.*transactions"),
        (DATA + "[run]\nhorizon_days = 0\n", r"line 4: run\.horizon_days = 0 cannot be.*greater"),
        (DATA + "[run]\nas_of = '2026-03-31'\n", r"line 4: run\.as_of = .* is no date.*quotation"),
        (DATA + "[run]\nseed = 1.5\n", r"line 4: run\.seed = 1\.5 cannot be"),
        (DATA + "[value]\nmargin_rate = 35.0\n", r"line 4: value\.margin_rate = 35\.0 cannot be"),
        (DATA + "[bands]\nlow = 0.9\n", r"line 3: bands = .*low lies above high"),
        (DATA + "[business]\nrates = { USD = 0 }\n", r"line 4: business\.rates\.USD = 0 cannot be"),
        (DATA + "[business]\ncurrency = 'yen'\n", r"line 4: business\.currency = 'yen' cannot be"),
        ("[tables.transactions]\n", r"line 1: tables\.transactions\.file is missing"),
        ("[tables]\n", r"tables\.transactions is missing"),
        ("[run]\n", r"tables is missing"),
        ("[run\n", r"cannot be read as TOML.*line 1"),
        ("[tables.transactions]\nfile = 't.csv'\nfile = 'u.csv'\n", r"cannot be read as TOML"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_line_key_and_way_out(
    tmp_path: Path, text: str, says: str
) -> None:
    with pytest.raises(ConfigError, match="(?s)" + says) as refusal:
        load_project(written(tmp_path, text))
    assert refusal.value.exit_code == 2
    assert refusal.value.mend
    assert "s3cret" not in str(refusal.value)


def test_a_folder_without_the_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="joren init"):
        load_project(tmp_path)


def test_a_file_in_another_encoding(tmp_path: Path) -> None:
    (tmp_path / "joren.toml").write_bytes("# 設定\n".encode("cp932"))
    with pytest.raises(ConfigError, match="cannot be read"):
        load_project(tmp_path)


def test_the_options_of_the_one_shot_make_a_project_too(tmp_path: Path) -> None:
    project = one_shot_project(
        Path("売上.csv"),
        date(2026, 3, 31),
        60,
        tmp_path,
        mapping=["customer_id=顧客ID", "amount=a=b"],
        zone="Asia/Tokyo",
        currency="JPY",
        margin_rate=0.5,
        seed=3,
    )
    assert dict(project.data.sources["transactions"].columns) == {"customer_id": "顧客ID", "amount": "a=b"}
    assert (project.data.zone, project.data.currency) == ("Asia/Tokyo", "JPY")
    assert (project.training.seed, project.policy.margin_rate, project.folder) == (3, 0.5, tmp_path)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"mapping": ["amount"]}, "not of the form"),
        ({"mapping": ["=x"]}, "not of the form"),
        ({"mapping": ["ammount=x"]}, "(?s)--map: ammount is no column.*amount"),
        ({"mapping": ["amount=x", "amount=y"]}, "names amount twice"),
        ({"currency": "yen"}, "ISO 4217"),
    ],
)
def test_options_that_cannot_be(tmp_path: Path, options: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        one_shot_project(Path("t.csv"), date(2026, 3, 31), 60, tmp_path, **options)  # type: ignore[arg-type]


def test_a_table_of_a_database_takes_its_secret_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (
        '[tables.transactions]\nfile = "shop.duckdb"\ntable = "sales.orders"\n'
        '[tables.surveys]\nurl = "postgresql://reader@db.example/shop?sslmode=require"\nquery = "SELECT 1"\n'
        '[tables.loyalty]\nurl_env = "SHOP_URL"\ntable = "points"\n'
    )
    monkeypatch.setenv("SHOP_URL", "postgresql+psycopg://reader:s3%2Fcret@db.example:5433/shop")
    sources = load_project(written(tmp_path, text)).data.sources
    assert sources["transactions"].name == f"{tmp_path / 'shop.duckdb'}::sales.orders"
    assert sources["surveys"].location == "postgresql://reader@db.example/shop?sslmode=require"
    loyalty = sources["loyalty"]
    assert (loyalty.name, loyalty.password) == ("postgresql://reader@db.example:5433/shop::points", "s3/cret")
    assert "cret" not in repr(sources)
    monkeypatch.setenv("SHOP_URL", "reader:s3cret@db.example")
    with pytest.raises(ConfigError, match="SHOP_URL is no URL") as refusal:
        load_project(tmp_path)
    assert "s3cret" not in str(refusal.value)
    monkeypatch.delenv("SHOP_URL")
    assert load_project(tmp_path).data.sources["loyalty"].location == "$SHOP_URL"
