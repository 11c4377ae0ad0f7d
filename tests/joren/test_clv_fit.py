"""``joren clv fit``: its form is fixed, its numbers are the published ones, it says what is lacking."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.joren.conftest import Writer, joren
from tests.training.models.oracle import DATASETS, published

FIRST_KEYS = [
    "model",
    "parameters",
    "standard_errors",
    "log_likelihood",
    "converged",
    "customers",
    "distinct",
]
CDNOW_QUESTION = ("--as-of", "1997-09-30", "--time-unit", "week")
CDNOW: Mapping[str, Mapping[str, float]] = {
    # Fader, Hardie & Lee (2005), table 2
    "bgnbd": {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426, "log_likelihood": -9582.4},
    # Batislam, Denizel & Filiztekin's model as BTYDplus prints it on the same data
    "mbgnbd": {"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614, "log_likelihood": -9582.1},
    # Fader & Hardie (2005), A Note on Deriving the Pareto/NBD Model
    "paretonbd": {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669, "log_likelihood": -9595.0},
    # Fader & Hardie (2013), The Gamma-Gamma Model of Monetary Value
    "gammagamma": {"p": 6.25, "q": 3.74, "v": 15.44, "log_likelihood": -4055.9},
}
ORACLE = {
    "bgnbd": "bg_nbd",
    "mbgnbd": "mbg_nbd",
    "paretonbd": "pareto_nbd",
    "gammagamma": "gamma_gamma",
}
HEAD = "customer_id,timestamp,amount\n"


@cache
def fitted(*arguments: object) -> dict[str, Any]:
    done = joren("clv", "fit", "--json", *arguments)
    assert done.exit_code == 0, done.output
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.fixture(scope="module")
def cdnow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published one-in-ten sample, its rows shuffled."""
    names = ["master_id", "customer_id", "timestamp", "cds", "amount"]
    rows = pd.read_csv(DATASETS / "CDNOW_sample.txt", sep=r"\s+", header=None, names=names, dtype=str)
    rows["timestamp"] = pd.to_datetime(rows["timestamp"]).dt.strftime("%Y-%m-%d")
    path = tmp_path_factory.mktemp("cdnow") / "cdnow.csv"
    rows[["customer_id", "timestamp", "amount"]].sample(frac=1, random_state=3).to_csv(path, index=False)
    return path


@pytest.mark.parametrize("model", CDNOW)
def test_cdnow_has_its_published_numbers(model: str, cdnow: Path) -> None:
    told = fitted("--model", model, "--transactions", cdnow, *CDNOW_QUESTION)
    assert list(told)[:7] == FIRST_KEYS
    assert told["model"] == model
    assert told["converged"] is True
    assert told["customers"] == (946 if model == "gammagamma" else 2_357)
    assert 0 < told["distinct"] <= told["customers"]
    for name, value in CDNOW[model].items():
        here = told["log_likelihood"] if name == "log_likelihood" else told["parameters"][name]
        assert here == pytest.approx(value, abs=0.051 if name == "log_likelihood" else 6e-3), name
    assert set(told["standard_errors"]) == set(told["parameters"])


@pytest.mark.parametrize("model", CDNOW)
def test_cdnow_to_the_digits_of_the_oracle(model: str, cdnow: Path) -> None:
    oracle = published()["cdnow_sample"][ORACLE[model]]
    told = fitted("--model", model, "--transactions", cdnow, *CDNOW_QUESTION)
    for parameter, value in told["parameters"].items():
        assert value == pytest.approx(oracle[parameter], rel=oracle["tolerance"])
    if "log_likelihood" in oracle:
        assert told["log_likelihood"] == pytest.approx(oracle["log_likelihood"], abs=1e-3)
    if "standard_errors" in oracle:
        errors = pytest.approx(oracle["standard_errors"], rel=oracle["tolerance"])
        assert list(told["standard_errors"].values()) == errors


def test_days_are_weeks_of_seven(cdnow: Path) -> None:
    weeks = fitted("--model", "bgnbd", "--transactions", cdnow, *CDNOW_QUESTION)
    days = fitted("--transactions", cdnow, "--as-of", "1997-09-30")
    assert days["parameters"]["alpha"] == pytest.approx(7 * weeks["parameters"]["alpha"])
    assert days["parameters"]["r"] == weeks["parameters"]["r"]
    assert (days["time_unit"], weeks["time_unit"]) == ("day", "week")
    assert days["log_likelihood"] < weeks["log_likelihood"]


def test_lifetimes_finds_the_same(cdnow: Path) -> None:
    asked = ("--model", "gammagamma", "--transactions", cdnow, *CDNOW_QUESTION)
    ours, theirs = fitted(*asked), fitted(*asked, "--engine", "lifetimes")
    assert theirs["engine"] == "lifetimes"
    assert theirs["parameters"] == pytest.approx(ours["parameters"], rel=1e-3)
    assert theirs["log_likelihood"] == pytest.approx(ours["log_likelihood"], abs=1e-3)


def test_donors_have_their_published_numbers(tmp_path: Path) -> None:
    """Fader, Hardie & Shang (2010): 11,104 who first gave in 1995, and the six years that followed."""
    rows = []
    donations = pd.read_csv(DATASETS / "donations.csv")
    for given, last, _, donors in donations.itertuples(index=False):
        years = [0, *range(1, given), *([last] if given else [])]
        rows += [(f"d-{given}-{last}-{donor:x}", 1995 + year) for donor in range(donors) for year in years]
    gifts = pd.DataFrame(rows, columns=["customer_id", "year"])
    gifts["timestamp"] = gifts["year"].astype(str) + "-06-01"
    gifts["amount"] = 25
    gifts.to_csv(tmp_path / "gifts.csv", index=False)
    asked = ("--transactions", tmp_path / "gifts.csv", "--as-of", "2001-12-31")
    told = fitted("--model", "bgbb", "--period", "year", *asked)
    assert told["parameters"] == pytest.approx(
        {"alpha": 1.204, "beta": 0.750, "gamma": 0.657, "delta": 2.783}, abs=6e-4
    )
    assert told["log_likelihood"] == pytest.approx(-33225.58, abs=6e-3)
    assert (told["customers"], told["distinct"], told["time_unit"]) == (11_104, 22, "year")


def test_regular_subscribers_have_their_published_numbers(written: Writer) -> None:
    """Fader & Hardie (2007), the "Regular" segment: 1,000 subscribers over seven renewals."""
    left = [1000, 631, 468, 382, 326, 289, 262, 241]
    ends = [f"{2000 + k}-01-01" for k in range(1, 8) for _ in range(left[k - 1] - left[k])]
    rows = [f"s-{k:x},2000-01-01,{end}\n" for k, end in enumerate([*ends, *[""] * left[-1]])]
    file = written("who,started_at,ended_at\n" + "".join(rows))
    asked = ("--model", "sbg", "--subscriptions", file, "--map", "customer_id=who", "--as-of", "2007-01-01")
    told = fitted(*asked, "--period", "year")
    assert list(told)[:7] == FIRST_KEYS
    assert told["parameters"] == pytest.approx({"alpha": 0.7041, "beta": 1.182}, rel=1e-3)
    assert told["log_likelihood"] == pytest.approx(-1680.265, abs=1e-3)
    assert [one["renewed"] for one in told["renewals"]] == left[1:]
    assert [one["seen_survival"] for one in told["renewals"]] == pytest.approx([n / 1000 for n in left[1:]])
    shown = joren("clv", "fit", *asked, "--period", "year")
    assert "63.1%" in shown.stdout


TEN = HEAD + "".join(f"c-{n:x},2024-0{1 + n % 3}-11,10\nc-{n:x},2024-0{4 + n % 5}-12,10\n" for n in range(10))
ONCE = HEAD + "".join(f"c-{n:x},2024-0{1 + n % 9}-{10 + n % 19},{n % 7 + 1}\n" for n in range(60))
TODAY = HEAD + "c-1,2024-12-31,5\n"


@pytest.mark.parametrize(
    ("model", "content"),
    [("bgnbd", TEN), ("gammagamma", TEN), ("mbgnbd", ONCE), ("paretonbd", ONCE)],
    ids=["ten customers", "constant spend", "no repeat purchase", "nor one for Pareto/NBD"],
)
def test_little_gives_numbers_that_a_prior_holds_and_says_so(
    model: str, content: str, written: Writer
) -> None:
    asked = ("--model", model, "--transactions", written(content), "--as-of", "2024-12-31")
    told = fitted(*asked)
    assert all(0 < value < 1e9 for value in told["parameters"].values())
    assert told["at_boundary"] is (told["prior_strength"] > 0) is True
    if model == "gammagamma":
        shown = " ".join(joren("clv", "fit", *asked).stdout.split())
        assert "the likelihood alone has no maximum" in shown


@pytest.mark.parametrize(
    ("model", "content", "lack"),
    [
        ("gammagamma", ONCE, "No customer has paid for an order after the first"),
        ("bgnbd", TODAY, "No customer has been observed for even a day"),
    ],
)
def test_nothing_to_learn_from_is_said(model: str, content: str, lack: str, written: Writer) -> None:
    file = written(content)
    done = joren("clv", "fit", "--model", model, "--transactions", file, "--as-of", "2024-12-31")
    assert done.exit_code == 2
    assert lack in done.stderr
    assert "→" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--model", "bgbb"], "needs a --period"),
        (["--model", "bgbb", "--period", "fortnight"], "fortnight is no period"),
        (["--period", "year"], "takes no --period"),
        (["--model", "sbg"], "--subscriptions FILE"),
        (["--as-of", "2023-12-31"], "no purchase on or before"),
        (["--map", "total=amount"], "no column of the contract of transactions"),
        (["--subscriptions", "contracts.csv"], "--model sbg"),
    ],
)
def test_what_cannot_be_is_refused(arguments: list[str], says: str, written: Writer) -> None:
    done = joren("clv", "fit", "--transactions", written(TEN), *arguments)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert says in " ".join(done.stderr.replace("│", " ").split())


def test_the_terminal_tells_what_each_parameter_is(cdnow: Path) -> None:
    done = joren("clv", "fit", "--transactions", cdnow, *CDNOW_QUESTION)
    text = " ".join(done.stdout.split())
    for words in ("BG/NBD", "as of 1997-09-30", "told in weeks", "4.4136 0.3782", "-9,582.4292", "2,357"):
        assert words in text
