"""The at-risk list of a project, as the service hands it out, without HTTP."""

from __future__ import annotations

import difflib
from contextlib import closing

from joren.errors import ConfigError
from joren.project import Project
from joren.service import service_settings
from serving.service import Explaining, Page, ScoringService
from serving.shelf import Shelf
from serving.store import AtRiskFilter, Sort, Store
from serving.wire_score import SEGMENT_NAMES
from training.bundle import Bundle
from training.score_schema import ChurnBand

__all__ = ["at_risk_page"]


def at_risk_page(project: Project, limit: int, *, band: str | None, segment: str | None) -> Page:
    """Return the first ``limit`` rows of the list that the service hands out, all with their reasons.

    Raises ``ConfigError`` for a segment that does not exist, ``NotPublishedError`` before the first run.
    """
    if segment is not None and segment not in SEGMENT_NAMES:
        near = difflib.get_close_matches(segment, SEGMENT_NAMES, n=1)
        meant = f"Did you mean {near[0]}?" if near else f"There are {', '.join(SEGMENT_NAMES)}."
        raise ConfigError(f"There is no segment {segment}.", mend=meant)
    which = AtRiskFilter(band=ChurnBand(band) if band else None, segment=segment)
    settings = service_settings(project)
    with closing(Store.open(settings.store_url)) as store:
        service = ScoringService(store, Shelf(settings.bundles, Bundle.load))
        why = Explaining(compute=True)
        return service.at_risk(which, Sort.VALUE_AT_RISK, limit=limit, cursor=None, explaining=why)
