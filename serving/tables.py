"""The tables of the score store.

A run's rows carry its ``run_key``, a number that grows from run to run, so that rows of a new run are
appended to the primary key's end. ``current_run`` holds one row at most: moving it is what publishing means.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
)
from sqlalchemy.engine import Dialect

__all__ = [
    "OF_CUSTOMERS",
    "ByteOrdered",
    "Instant",
    "api_keys",
    "audit_log",
    "behaviour",
    "current_run",
    "customer_attributes",
    "jobs",
    "metadata",
    "run_documents",
    "runs",
    "scores",
    "secrets",
    "sessions",
    "sign_in_links",
    "tombstones",
]

metadata = MetaData()

ByteOrdered = Text().with_variant(Text(collation="C"), "postgresql")
"""Text ordered by its bytes, the same way on SQLite and on Postgres, whatever the server's locale."""


class Instant(TypeDecorator[datetime]):
    """An aware moment, kept as UTC."""

    impl = DateTime(timezone=False)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Turn an aware moment into the UTC wall time that is kept."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Give the kept wall time its zone back."""
        return None if value is None else value.replace(tzinfo=UTC)


runs = Table(
    "runs",
    metadata,
    Column("run_key", Integer, primary_key=True, autoincrement=True),
    Column("run_id", ByteOrdered, nullable=False, unique=True),
    Column("as_of", Date, nullable=False),
    Column("horizon_days", Integer, nullable=False),
    Column("model_version", ByteOrdered, nullable=False),
    Column("currency", Text, nullable=False),
    Column("customers", Integer, nullable=False),
    Column("published_at", Instant),  # null while its rows are being written
    Column("behaviour_columns", Text),  # JSON [[name, dtype], …]; null once its behaviour rows are pruned
    sqlite_autoincrement=True,
)

current_run = Table(
    "current_run",
    metadata,
    Column("slot", Integer, CheckConstraint("slot = 1"), primary_key=True, autoincrement=False),
    Column("run_key", Integer, ForeignKey(runs.c.run_key), nullable=False),
)

scores = Table(
    "scores",
    metadata,
    Column("run_key", Integer, ForeignKey(runs.c.run_key), primary_key=True, autoincrement=False),
    Column("customer_id", ByteOrdered, primary_key=True),
    Column("as_of", Date, nullable=False),
    Column("horizon_days", Integer, nullable=False),
    Column("score_status", ByteOrdered, nullable=False),
    Column("churn_probability", Double),
    Column("churn_percentile", Integer),
    Column("churn_band", Text),
    Column("p_alive", Double),
    Column("predicted_number_of_orders", Double),
    Column("predicted_revenue", Double),
    Column("predicted_clv", Double),
    Column("predicted_clv_low", Double),
    Column("predicted_clv_high", Double),
    Column("clv_horizon_days", Integer),
    Column("margin_assumed", Boolean),
    Column("expected_date_of_next_order", Date),
    Column("historic_clv", Double),
    Column("historic_number_of_orders", Integer),
    Column("average_days_between_orders", Double),
    Column("average_order_value", Double),
    Column("segment", Text),
    Column("cycle_status", Text),
    Column("value_if_stays", Double),
    Column("value_at_risk", Double),
    Column("at_risk_rank", Integer),
    Column("reasons", Text),  # JSON; null where they are computed on demand
    Column("model_version", Text, nullable=False),
    Column("currency", Text, nullable=False),
    sqlite_with_rowid=False,
)

for _sort in ("value_at_risk", "churn_probability", "predicted_clv"):
    Index(
        f"scores_by_{_sort}",
        scores.c.run_key,
        scores.c.score_status,
        scores.c[_sort].desc(),
        scores.c.customer_id,
    )

Index("scores_by_segment", scores.c.run_key, scores.c.segment, scores.c.customer_id)

behaviour = Table(
    "behaviour",
    metadata,
    Column("run_key", Integer, ForeignKey(runs.c.run_key), primary_key=True, autoincrement=False),
    Column("customer_id", ByteOrdered, primary_key=True),
    Column(
        "features", LargeBinary, nullable=False
    ),  # little-endian doubles in the run's column order, NaN = null
    sqlite_with_rowid=False,
)

customer_attributes = Table(
    "customer_attributes",
    metadata,
    Column("run_key", Integer, ForeignKey(runs.c.run_key), primary_key=True, autoincrement=False),
    Column("name", ByteOrdered, primary_key=True),
    Column("value", ByteOrdered, primary_key=True),  # before the customer: who has it is one range to read
    Column("customer_id", ByteOrdered, primary_key=True),
    sqlite_with_rowid=False,
)

Index("attributes_by_customer", customer_attributes.c.run_key, customer_attributes.c.customer_id)

OF_CUSTOMERS = (scores, behaviour, customer_attributes)
"""The tables whose rows are of one customer in one run."""

run_documents = Table(
    "run_documents",
    metadata,
    Column("run_key", Integer, ForeignKey(runs.c.run_key), primary_key=True, autoincrement=False),
    Column("name", ByteOrdered, primary_key=True),
    Column("document", Text, nullable=False),  # JSON; of no single customer
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("prefix", ByteOrdered, primary_key=True),
    Column("name", Text, nullable=False),
    Column("secret_sha256", LargeBinary, nullable=False),
    Column("scopes", Text, nullable=False),  # separated by single spaces, in alphabetical order
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
    Column("last_used_at", Instant),  # to the minute
    Column("requests_per_minute", Integer),  # null: as the service's settings say
    Column("replaced_by", ByteOrdered),  # the prefix of the key that it was rotated to
)

secrets = Table(
    "secrets",
    metadata,
    Column("name", ByteOrdered, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("entry_key", Integer, primary_key=True, autoincrement=True),
    Column("entry_id", ByteOrdered, nullable=False, unique=True),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),  # a key's prefix, or the user of the command line
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),  # a run_id, or a customer's pseudonym
    Column("why", Text, nullable=False),
    Column("detail", Text, nullable=False),  # a JSON object
    sqlite_autoincrement=True,
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("pseudonym", ByteOrdered, primary_key=True),  # HMAC-SHA256 of the id, in hex
    Column("erased_at", Instant, nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
    Column("job_key", Integer, primary_key=True, autoincrement=True),
    Column("job_id", ByteOrdered, nullable=False, unique=True),
    Column("asked", Text, nullable=False),  # the request's body as JSON, its names in alphabetical order
    Column("asked_by", ByteOrdered, nullable=False),  # a key's prefix
    Column("idempotency_sha256", LargeBinary),
    Column("state", ByteOrdered, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),  # when its process last said that it lives
    Column("cancel_requested_at", Instant),
    Column("finished_at", Instant),  # null while it is under way
    Column("step", Text),
    Column("steps_done", Integer, nullable=False),
    Column("run_id", Text),
    Column("problem", Text),
    sqlite_autoincrement=True,
)

sign_in_links = Table(
    "sign_in_links",
    metadata,
    Column("token_sha256", LargeBinary, primary_key=True),
    Column("expires_at", Instant, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_sha256", LargeBinary, primary_key=True),
    Column("begun_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
)
