"""A project: what to read, what to ask, and how to judge it. Only this module reads ``joren.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from features.errors import NothingUsableError
from features.tables import DataConfig, Engine, Rules, Source, Tables
from joren.errors import ConfigError
from joren.places import source_of
from joren.sections import ProjectFile
from joren.toml_faults import refusal, refuse_unknown_column
from serving.retention import Retention
from training.checks import Gate
from training.config import Hyperparameters, TrainingConfig
from training.limits import Limits
from training.policy import Policy

__all__ = ["FILE_NAME", "Project", "file_data", "load_project", "moment_asked", "one_shot_project"]

FILE_NAME = "joren.toml"


@dataclass(frozen=True)
class Project:
    """What a run needs to know, each room's part in that room's own words.

    ``as_of`` is None where the data's own last day is meant. ``serving`` holds the service's own settings,
    ``retention`` says which runs its store keeps, ``limits`` what `joren monitor` alerts at.
    """

    folder: Path
    data: DataConfig
    training: TrainingConfig
    policy: Policy
    as_of: date | None = None
    serving: Mapping[str, object] = field(default_factory=dict)
    retention: Retention = field(default_factory=Retention)
    gate: Gate = field(default_factory=Gate)
    limits: Limits = field(default_factory=Limits)
    tracking_uri: str | None = None
    model_name: str = "joren"

    @property
    def bundles(self) -> Path:
        """The folder of what was promoted, which serving watches."""
        return self.folder / "bundles"

    @property
    def source_name(self) -> str:
        """The name that the transactions' source goes by; without transactions, the subscriptions'."""
        sources = self.data.sources
        return Path((sources.get("transactions") or sources["subscriptions"]).name).name


def load_project(folder: Path) -> Project:
    """Read ``folder/joren.toml``; paths in it are relative to the folder.

    Raises ``ConfigError``, with the line and the key, where it is missing, is no TOML, or has a key that is
    not known or a value that cannot be.
    """
    path = folder / FILE_NAME
    try:
        text = path.read_text(encoding="utf-8-sig")
        file = ProjectFile.model_validate(tomllib.loads(text))
    except FileNotFoundError:
        raise ConfigError(
            f"There is no {FILE_NAME} in {folder.resolve()}.",
            mend="Make one with `joren init DIR`, or name a file: `joren run --transactions FILE …`.",
        ) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} cannot be read as TOML: {error}.", mend="Mend that line.") from None
    except ValidationError as error:
        raise refusal(error.errors(), path, text) from None
    return Project(
        folder=folder,
        data=DataConfig(
            sources={
                name: source_of(table, name, path, text) for name, table in file.tables.present().items()
            },
            zone=file.business.zone,
            currency=file.business.currency,
            rates=file.business.rates,
            refused_share_limit=file.data.refused_share_limit,
            rules=Rules(**file.data.rules.model_dump()),
            engine=Engine(**file.engine.model_dump()),
            contract=file.business.contract,
        ),
        training=TrainingConfig(
            horizon_days=file.run.horizon_days,
            seed=file.run.seed,
            max_moments=file.training.max_moments,
            max_rows=file.training.max_rows,
            hyperparameters=Hyperparameters(**file.training.hyperparameters.model_dump()),
            allow=tuple(file.training.allow),
            attributes=tuple(file.data.attributes),
        ),
        policy=Policy(**file.value.model_dump(), **file.bands.model_dump()),
        as_of=file.run.as_of,
        serving=file.serving.model_dump(exclude_none=True),
        retention=Retention(**file.store.model_dump()),
        gate=Gate(**file.gate.model_dump()),
        limits=Limits(**file.monitor.model_dump()),
        tracking_uri=file.mlflow.tracking_uri,
        model_name=file.mlflow.name,
    )


def one_shot_project(
    transactions: Path,
    as_of: date,
    horizon_days: int,
    out: Path,
    *,
    mapping: Iterable[str] = (),
    zone: str | None = None,
    currency: str | None = None,
    margin_rate: float | None = None,
    seed: int | None = None,
) -> Project:
    """Return the project that the options of ``joren run --transactions`` describe; its folder is ``out``."""
    return Project(
        folder=out,
        data=file_data(transactions, mapping=mapping, zone=zone, currency=currency),
        training=TrainingConfig(horizon_days=horizon_days, seed=seed or 0),
        policy=Policy(margin_rate=margin_rate),
        as_of=as_of,
    )


def file_data(
    file: Path,
    *,
    mapping: Iterable[str] = (),
    zone: str | None = None,
    currency: str | None = None,
    table: str = "transactions",
) -> DataConfig:
    """Return what to read from one file; ``mapping`` holds "contract column=the file's column".

    Raises ``ConfigError`` for a pair that is not so, and for what is no currency's code.
    """
    columns: dict[str, str] = {}
    for pair in mapping:
        column, equals, name = pair.partition("=")
        if not (column and equals and name):
            raise ConfigError(f"--map {pair} is not of the form customer_id=COLUMN.")
        refuse_unknown_column(column, "--map: ", table)
        if column in columns:
            raise ConfigError(
                f"--map names {column} twice.", which=[columns[column], name], mend="Choose one."
            )
        columns[column] = name
    if currency is not None and not re.fullmatch("[A-Z]{3}", currency):
        raise ConfigError(
            f"--currency {currency} is no ISO 4217 code.", mend="Three capitals, such as USD or JPY."
        )
    return DataConfig({table: Source(str(file), columns)}, zone=zone, currency=currency)


def moment_asked(project: Project, tables: Tables) -> date:
    """Return the project's ``as_of``, or else the data's last day.

    Raises ``NothingUsableError`` where no purchase lies on or before it.
    """
    read = tables.reports["transactions"]
    as_of = project.as_of or tables.last_day(date.max)
    if as_of is None or not _purchases(tables, as_of):
        raise NothingUsableError(
            f"{project.source_name} holds no purchase on or before {as_of}.",
            which=[f"its days are {read.first_day} to {read.last_day}"],
            mend="Ask as of a later day.",
        )
    return as_of


def _purchases(tables: Tables, as_of: date) -> int:
    history = tables.history(as_of)
    return int(history.filter((history.amount >= 0) & ~history.is_return).count().execute())
