"""The sections of ``joren.toml``: every key, its type, its bounds and its default."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, cast, get_args

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from joren.section import Days, Section, Share
from joren.service_sections import Serving, Store
from training.config import DEFAULT

__all__ = ["NOTHING_TO_READ", "NO_PLACE", "DataTable", "ProjectFile", "keys_beside"]

NO_PLACE = "no_place"  # what pydantic is told where a table has no place to be read from, or two
NOTHING_TO_READ = "nothing_to_read"  # … where neither transactions nor subscriptions are named

CurrencyCode = Annotated[str, Field(pattern="^[A-Z]{3}$")]
Rate = Annotated[Decimal, Field(gt=0, lt=10**9, strict=False)]
"""What one unit of another currency is worth in the business's own."""


class Business(Section):
    """Whose days, whose money, and whether customers leave by ending a contract."""

    zone: str | None = None
    currency: CurrencyCode | None = None
    rates: dict[CurrencyCode, Rate] = Field(default_factory=dict)
    contract: bool | None = None


class DataRules(Section):
    """What of the accepted rows is kept."""

    keep_repeated_lines: bool = True
    cancelled_orders: Literal["drop", "keep"] = "drop"
    cancelled_within_days: Annotated[int, Field(ge=0, le=3650)] = 30


class Data(Section):
    """How much of the data may be bad, what of the good is kept, and which attributes are learned from."""

    refused_share_limit: Share = 0.10
    attributes: list[str] = Field(default_factory=list)
    rules: DataRules = DataRules()


class Engine(Section):
    """What runs the expressions; ``master`` and ``settings`` are those of a Spark session."""

    kind: Literal["duckdb", "spark", "postgres"] = "duckdb"
    master: str | None = None
    settings: dict[str, str] = Field(default_factory=dict)


class LabelledTable(Section):
    """Subscriptions without dates: as of which day, and which columns tell the tenure and who left."""

    taken_on: date
    tenure_months: str
    churned: str


class DataTable(Section):
    """One table of the contract: where it is, its own names of the columns, and what it leaves unsaid.

    It is a ``file``, or lies in the database of ``url`` (never with a password) or of the URL that the
    environment variable ``url_env`` holds; ``table`` or ``query`` says what to read in a database. With Spark
    as the engine, ``table`` alone is one of Spark's own.
    """

    file: str | None = None
    url: str | None = None
    url_env: str | None = None
    table: str = ""
    query: str = ""
    columns: dict[str, str] = Field(default_factory=dict)
    constants: dict[str, str] = Field(default_factory=dict)
    labelled: LabelledTable | None = None

    @model_validator(mode="after")
    def _in_one_place(self) -> DataTable:
        places = [name for name in ("file", "url", "url_env") if getattr(self, name) is not None]
        if not places and not self.table:
            raise PydanticCustomError(NO_PLACE, "file is missing")
        if len(places) > 1:
            raise PydanticCustomError(NO_PLACE, "{both} are two places", {"both": " and ".join(places)})
        if self.table and self.query:
            raise PydanticCustomError(NO_PLACE, "table and query are two questions")
        if places not in ([], ["file"]) and not self.table and not self.query:
            raise PydanticCustomError(NO_PLACE, "table is missing")
        return self


class Run(Section):
    """The question: as of when, and over how many days."""

    as_of: date | None = None
    horizon_days: Days = 91
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0


Fraction = Annotated[float, Field(gt=0, le=1)]
Above0 = Annotated[float, Field(gt=0)]


class Tuned(Section):
    """What `joren train --trials` looks for; XGBoost's names, but for the linear model's penalty."""

    rounds: Annotated[int, Field(ge=1, le=5000)] = DEFAULT.rounds
    max_depth: Annotated[int, Field(ge=1, le=16)] = DEFAULT.max_depth
    eta: Fraction = DEFAULT.eta
    min_child_weight: Above0 = DEFAULT.min_child_weight
    reg_lambda: Above0 = DEFAULT.reg_lambda
    subsample: Fraction = DEFAULT.subsample
    colsample_bytree: Fraction = DEFAULT.colsample_bytree
    ridge_penalty: Above0 = DEFAULT.ridge_penalty


class Training(Section):
    """What the learners see, and how freely they follow it."""

    max_moments: Annotated[int, Field(ge=1, le=200)] = 12
    max_rows: Annotated[int, Field(ge=1)] = 60_000
    allow: list[str] = Field(default_factory=list)
    hyperparameters: Tuned = Tuned()


class Gate(Section):
    """What a challenger has to show before it becomes the champion."""

    tolerance: Share = 0.01
    ece_limit: Share = 0.10
    bias_limit: Annotated[float, Field(ge=0)] = 0.50


class Mlflow(Section):
    """Where models are kept: ``mlruns/mlflow.db`` of the folder, unless a tracking URI is given."""

    tracking_uri: Annotated[str, Field(min_length=1)] | None = None
    name: Annotated[str, Field(pattern=r"^[^/:.%'\"]+$")] = "joren"


class Value(Section):
    """How money is reckoned, and from when on a customer counts as gone."""

    margin_rate: Share | None = None
    clv_horizon_days: Days = 365
    annual_discount_rate: Annotated[float, Field(ge=0, le=10)] = 0.10
    lapsed_at: Annotated[float, Field(gt=0, le=1)] = 0.95


class Bands(Section):
    """Where the calibrated churn probability is cut into low, medium and high."""

    high: Share = 0.66
    low: Share = 0.33

    @model_validator(mode="after")
    def _ordered(self) -> Bands:
        if self.low > self.high:
            raise PydanticCustomError("crossed", "low lies above high")
        return self


class Monitor(Section):
    """How far features, scores and outcomes may move before ``joren monitor`` raises an alert."""

    psi: Annotated[float, Field(gt=0, le=100)] = 0.25
    missing_share: Share = 0.10
    new_category_share: Share = 0.02
    auc_drop: Share = 0.05
    calibration_error: Share = 0.10
    revised_share: Share = 0.05


class Tables(Section):
    """The tables of the contract that are read."""

    transactions: DataTable | None = None
    customers: DataTable | None = None
    interactions: DataTable | None = None
    surveys: DataTable | None = None
    loyalty: DataTable | None = None
    subscriptions: DataTable | None = None
    treatments: DataTable | None = None

    @model_validator(mode="after")
    def _to_learn_from(self) -> Tables:
        if self.transactions is None and self.subscriptions is None:
            raise PydanticCustomError(NOTHING_TO_READ, "transactions is missing")
        for name, table in self.present().items():
            if table.labelled and name != "subscriptions":
                raise PydanticCustomError(NO_PLACE, "{name}.labelled is for subscriptions", {"name": name})
        return self

    def present(self) -> dict[str, DataTable]:
        """Return the tables that the file names."""
        return {name: table for name, table in self if table is not None}


class ProjectFile(Section):
    """The whole file; ``[tables.transactions]`` must be there, or ``[tables.subscriptions]``."""

    tables: Tables
    business: Business = Business()
    data: Data = Data()
    engine: Engine = Engine()
    run: Run = Run()
    training: Training = Training()
    gate: Gate = Gate()
    mlflow: Mlflow = Mlflow()
    value: Value = Value()
    bands: Bands = Bands()
    serving: Serving = Serving()
    store: Store = Store()
    monitor: Monitor = Monitor()

    @model_validator(mode="after")
    def _within_reach(self) -> ProjectFile:
        for name, table in self.tables.present().items():
            if self.engine.kind != "spark" and not (table.file or table.url or table.url_env):
                raise PydanticCustomError(NO_PLACE, "[tables.{name}]: file is missing", {"name": name})
        return self


def keys_beside(key: tuple[str, ...]) -> list[str]:
    """Return the keys that may stand where ``key`` (a path from the file's top) stands.

    >>> keys_beside(("business", "zome"))
    ['zone', 'currency', 'rates', 'contract']
    """
    section: type[Section] = ProjectFile
    for part in key[:-1]:
        annotation = section.model_fields[part].annotation
        section = cast("type[Section]", (*get_args(annotation), annotation)[0])
    return list(section.model_fields)
