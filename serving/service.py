"""What the service answers, without a word of HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from serving.answers import History, Lookup, Page
from serving.background import Document
from serving.computing import Computed, Rows, computed
from serving.cursors import Cursor, CursorSigner, Which
from serving.errors import (
    CursorExpiredError,
    CustomerNotFoundError,
    ExperienceNotKnownError,
    NotPublishedError,
    ReasonsUnavailableError,
    ServingError,
    UnknownAttributeError,
)
from serving.explaining import REASONS, Explaining, Language
from serving.facts import Facts
from serving.history import past_scores, with_changes
from serving.in_use import ModelInUse
from serving.population import SegmentTotals, TotalsOfLate, document_of
from serving.rows import ScoreRow
from serving.shelf import Model, Shelf
from serving.staleness import STALE_AFTER_DAYS, Staleness
from serving.store import AtRiskFilter, Position, Run, SegmentFilter, Sort, Store

__all__ = ["REASONS", "Explaining", "History", "Language", "Lookup", "Page", "ScoringService"]


class ScoringService:
    """Scores, lists and the model behind them, from a store and a shelf of bundles."""

    def __init__(
        self,
        store: Store,
        shelf: Shelf,
        in_use: ModelInUse | None = None,
        *,
        stale_after_days: float = STALE_AFTER_DAYS,
    ) -> None:
        self.store = store
        self.shelf = shelf
        self.in_use = in_use or ModelInUse()
        self._stale_after_days = stale_after_days
        self._signer = CursorSigner(store.secret("cursors"))
        self._totals = TotalsOfLate(store.database)

    def run(self) -> Run:
        """Return the run that answers come from; raises ``NotPublishedError`` before the first."""
        run = self.store.current_run()
        if run is None:
            raise NotPublishedError("No scores have been published yet.", mend="Publish some: joren run")
        return run

    def staleness(self) -> Staleness:
        """Return how old the scores are; raises ``NotPublishedError`` before the first."""
        return Staleness.of(self.run().published_at, datetime.now(UTC), self._stale_after_days)

    def score(self, customer_id: str, explaining: Explaining) -> ScoreRow:
        """Return a customer's score; raises ``CustomerNotFoundError``, ``ReasonsUnavailableError``."""
        score = self.store.score(customer_id)
        if score is None:
            self.run()
            raise CustomerNotFoundError("No customer of this id has been scored.")
        return self._explained([score], explaining)[0]

    def lookup(self, customer_ids: Sequence[str]) -> Lookup:
        """Return the scores of those customers that have one; the store is asked once if anybody has."""
        scores = self.store.lookup(customer_ids)
        told = next(iter(scores.values()), None)
        return Lookup(self.run().run_id if told is None else told["run_id"], scores)

    def at_risk(
        self, which: AtRiskFilter, sort: Sort, *, limit: int, cursor: str | None, explaining: Explaining
    ) -> Page:
        """Return a page of the list, from its beginning or from where a cursor's page ended.

        All pages of a walk show the run that the first one showed. Raises ``InvalidCursorError``,
        ``CursorExpiredError``.
        """
        run, after = self._place(cursor, which, sort)
        self._refuse_unknown(which, run)
        scores = self.store.at_risk(which, sort, after=after, run_id=run.run_id, limit=limit + 1)
        return self._page(run, scores, limit=limit, explaining=explaining, which=which, sort=sort)

    def segment_customers(
        self, which: SegmentFilter, *, limit: int, cursor: str | None, explaining: Explaining
    ) -> Page:
        """Return a page of a segment, by customer_id; the same walk, and the same errors, as `at_risk`."""
        run, after = self._place(cursor, which)
        scores = self.store.segment_customers(which, after=after, run_id=run.run_id, limit=limit + 1)
        return self._page(run, scores, limit=limit, explaining=explaining, which=which)

    def segments(self) -> tuple[Run, list[SegmentTotals]]:
        """Return the current run, and its ten segments."""
        run = self.run()
        return run, self._totals.of(run.run_id)

    def experience(self) -> tuple[Run, dict[str, Any]]:
        """Return the current run, and the customers' experience as it found it.

        Raises ``ExperienceNotKnownError`` where it was published without.
        """
        run = self.run()
        found = document_of(self.store.database, run.run_id, Document.EXPERIENCE)
        if found is None:
            raise ExperienceNotKnownError(
                "The current scores were published without figures of experience.", mend="Score again."
            )
        return run, found

    def attributes(self, run: Run) -> list[str]:
        """Return the names of the attributes that a run's lists can be filtered by."""
        return document_of(self.store.database, run.run_id, Document.ATTRIBUTES) or []

    def history(self, customer_id: str, *, limit: int, cursor: str | None, language: Language) -> History:
        """Return what the kept runs said of a customer, and what changed from run to run.

        Raises ``CustomerNotFoundError`` where none of them knows the customer, ``InvalidCursorError``.
        """
        question = f"history {customer_id}"
        before = None if cursor is None else self._signer.unseal(cursor, question)
        said = past_scores(self.store.database, customer_id, before=before, limit=limit + 1)
        if not said and cursor is None:
            self.run()
            raise CustomerNotFoundError("No customer of this id has been scored.")
        past = with_changes(self.store.database, said, self.shelf.of, language.value)[:limit]
        more = self._signer.seal(past[-1].said.run_key, question) if len(said) > limit else None
        return History(customer_id, past, more)

    def compute(self, rows: Rows, as_of: date | None, explaining: Explaining) -> Computed:
        """Return the scores, by the model in use, of customers whose whole history is in ``rows``.

        Without ``as_of``, they are of the current run's moment; before the first run, of the model's. Raises
        ``ModelUnavailableError``, and ``features.errors.RowsRefusedError`` where a row breaks the contract.
        """
        model = self.in_use.model
        if as_of is None:
            run = self.store.current_run()
            as_of = model.metadata.as_of if run is None else run.as_of
        return computed(model, rows, as_of, explaining)

    def model(self) -> tuple[Model, Run]:
        """Return the bundle that gave the current scores, and their run; raises ``ModelUnavailableError``."""
        run = self.run()
        return self.shelf.of(run.model_version), run

    def facts(self) -> Facts:
        """Return what the metrics tell of the scores and of the model in use."""
        run = self.store.current_run()
        if run is None:
            return Facts(in_use=self.in_use.version)
        refused = document_of(self.store.database, run.run_id, Document.REFUSED_ROWS) or {}
        return Facts(run, self.staleness(), refused, self.in_use.version)

    def faults(self) -> list[str]:
        """Return what keeps the service from answering, in words; nothing if it is ready."""
        try:
            self.model()
        except ServingError as error:
            return [error.what]
        return []

    def _refuse_unknown(self, which: AtRiskFilter, run: Run) -> None:
        if not which.attributes:
            return
        known = self.attributes(run)
        if any(name not in known for name, _ in which.attributes):
            listed = ", ".join(known) or "none"
            raise UnknownAttributeError(
                f"The attributes that customers can be told apart by are: {listed}.",
                mend="Name others in joren.toml, under [data] attributes, and score again.",
            )

    def _place(
        self, cursor: str | None, which: Which, sort: Sort | None = None
    ) -> tuple[Run, Position | None]:
        """Return the run that a list is of, and where it goes on."""
        if cursor is None:
            return self.run(), None
        place = self._signer.read(cursor, which, sort)
        run = self.store.run(place.run_id)
        if run is None:
            raise CursorExpiredError(
                "The run that this cursor pages through is no longer kept.", mend="Start at the first page."
            )
        return run, place.after

    def _page(
        self,
        run: Run,
        scores: list[ScoreRow],
        *,
        limit: int,
        explaining: Explaining,
        which: Which,
        sort: Sort | None = None,
    ) -> Page:
        """Return the first ``limit`` of the scores, and where the page after them begins."""
        page = self._explained(scores[:limit], explaining)
        if len(scores) <= limit:
            return Page(run, page, None)
        last = page[-1]
        after = Position(0.0 if sort is None else last[sort.value], last["customer_id"])
        return Page(run, page, self._signer.write(Cursor(run.run_id, after), which, sort))

    def _explained(self, scores: list[ScoreRow], explaining: Explaining) -> list[ScoreRow]:
        if explaining.language is not Language.ENGLISH:
            scores = [{**score, "reasons": None} for score in scores]
        unexplained = [score for score in scores if score["reasons"] is None]
        if explaining.compute and unexplained:
            ids = [score["customer_id"] for score in unexplained]
            behaviour = self.store.behaviour(unexplained[0]["run_id"], ids)
            if len(behaviour) < len(ids):
                raise ReasonsUnavailableError(
                    "The behaviour behind these scores is no longer kept.", mend="Ask without reasons=true."
                )
            model = self.shelf.of(unexplained[0]["model_version"])
            computed = model.reasons(behaviour, language=explaining.language.value, limit=REASONS)
            for score, reasons in zip(unexplained, computed, strict=True):
                score["reasons"] = list(reasons)
        return scores
