"""What is published beside the scores: the customers' attributes, and what a run found out about the data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pandas as pd

__all__ = ["Background", "Document"]

LONGEST_VALUE = 200


class Document(StrEnum):
    """What a run may say of itself beside its scores; JSON, and of no single customer."""

    ATTRIBUTES = "attributes"  # the names of the attributes that lists can be filtered by
    EXPERIENCE = "experience"  # NPS, CSAT, CES, churn rates …: features.cx.Experience.to_json()
    REFUSED_ROWS = "refused_rows"  # refused rows of all tables, by reason


@dataclass(frozen=True)
class Background:
    """``attributes``: customer_id, and a column of text for each attribute, null where it is not known."""

    attributes: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"customer_id": []}, dtype=object))
    documents: Mapping[Document, Any] = field(default_factory=dict)

    def attribute_rows(self, customer_ids: frozenset[str], run_key: int) -> Iterator[tuple[object, ...]]:
        """Yield ``(run_key, name, value, customer_id)`` of these customers, by name and value.

        A text of more than 200 characters is a remark, and nothing to filter by: it is left out, and so is
        one with a NUL in it, which Postgres does not take.
        """
        known = self.attributes[self.attributes["customer_id"].isin(customer_ids)]
        for name in self._names():
            told = known[["customer_id", name]].dropna()
            for value, customer_id in sorted(zip(told[name], told["customer_id"], strict=True)):
                if 0 < len(value) <= LONGEST_VALUE and "\0" not in value:
                    yield run_key, name, value, customer_id

    def document_rows(self, run_key: int) -> Iterator[tuple[object, ...]]:
        """Yield ``(run_key, name, document)``."""
        for name, document in {**self.documents, Document.ATTRIBUTES: self._names()}.items():
            yield run_key, name.value, json.dumps(document, ensure_ascii=False, allow_nan=False)

    def _names(self) -> list[str]:
        return sorted(str(name) for name in self.attributes.columns if name != "customer_id")
