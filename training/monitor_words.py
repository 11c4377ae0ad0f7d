"""What the monitoring found, in words: English and Japanese."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from features.catalogue import CATALOGUE
from training.document import Block, Heading, Items, Paragraph, Table
from training.drift import Movement, Verdict
from training.monitor import Alert, Cause, MonitorReport, ScoreMovement
from training.monitor_texts import TEXTS

__all__ = ["Language", "alert_text", "report_blocks"]

Language = Literal["en", "ja"]
SHOWN = 15
_MEANINGS = {
    "en": {feature.name: feature.meaning for feature in CATALOGUE},
    "ja": {feature.name: feature.meaning_ja for feature in CATALOGUE},
}
UNKNOWN = "–"


def report_blocks(report: MonitorReport, language: Language) -> list[Block]:
    """Return the whole report, the alerts first."""
    say = TEXTS[language]
    return [
        Heading(say["title"], 1),
        Paragraph(
            say["about"].format(
                run=report.run_id,
                as_of=report.as_of,
                customers=report.customers,
                version=report.model_version,
                trained=report.trained_as_of,
                reference=report.reference,
            )
        ),
        Heading(say["alerts"]),
        *_alerts(report, language),
        Heading(say["features"]),
        Paragraph(say["psi"].format(year=report.year_before or say["no_year"])),
        _movements(report.features, language),
        *_scores(report, language),
        *_categories(report, language),
        *_realised(report, language),
        *_movement(report.movement, language),
        Heading(say["reading"]),
        Items([text.format(limits=report.limits) for text in say["how"].split("\n")]),
    ]


def alert_text(alert: Alert, language: Language) -> str:
    """Return an alert as a sentence."""
    shown = {
        Cause.MISSING: "{0:+.1%}",
        Cause.NEW_CATEGORY: "{0:.1%}",
        Cause.CALIBRATION: "{0:.1%}",
        Cause.PAST: "{0:.1%}",
    }.get(alert.cause, "{0:.2f}")
    return TEXTS[language][alert.cause].format(
        subject=_named(alert.subject, language),
        value=shown.format(alert.value),
        limit=shown.replace("+", "").format(alert.limit),
    )


def _alerts(report: MonitorReport, language: Language) -> Iterator[Block]:
    texts = [alert_text(alert, language) for alert in report.alerts]
    yield Items(texts) if texts else Paragraph(TEXTS[language]["no_alert"])
    seasonal = [one.name for one in report.features if one.verdict is Verdict.SEASONAL]
    if seasonal:
        yield Paragraph(
            TEXTS[language]["seasonal_found"].format(names=", ".join(seasonal), year=report.year_before)
        )


def _movements(found: Sequence[Movement], language: Language) -> Table:
    say = TEXTS[language]
    shown = [one for one in found if one.verdict is not Verdict.STEADY]
    shown += [one for one in found if one.verdict is Verdict.STEADY][: max(SHOWN - len(shown), 0)]
    alarming = (Verdict.MOVED, Verdict.MISSING)
    return Table(
        say["movement_columns"].split("|"),
        [
            [
                one.name,
                say[one.verdict],
                f"{one.psi:.2f}",
                f"{one.psi_limit:.2f}",
                UNKNOWN if one.usual is None else f"{one.usual:.2f}",
                UNKNOWN if one.psi_year_before is None else f"{one.psi_year_before:.2f}",
                f"{one.missing_before:.1%} → {one.missing:.1%}",
            ]
            for one in shown
        ],
        words=2,
        marked=frozenset(place for place, one in enumerate(shown) if one.verdict in alarming),
    )


def _scores(report: MonitorReport, language: Language) -> Iterator[Block]:
    if report.scores is not None:
        yield Heading(TEXTS[language]["scores"])
        yield _movements([report.scores], language)


def _categories(report: MonitorReport, language: Language) -> Iterator[Block]:
    say = TEXTS[language]
    if not report.categories:
        return
    yield Heading(say["categories"])
    if report.new_categories:
        yield Table(
            say["new_columns"].split("|"),
            [
                [one.column, one.category, f"{one.customers:,}", f"{one.share:.1%}"]
                for one in report.new_categories
            ],
            words=2,
            marked=frozenset(range(len(report.new_categories))),
        )
    yield _movements(report.categories, language)


def _realised(report: MonitorReport, language: Language) -> Iterator[Block]:
    say = TEXTS[language]
    yield Heading(say["realised"])
    if report.realised:
        yield Table(
            say["realised_columns"].split("|"),
            [
                [
                    f"{run.run_id} ({run.as_of})",
                    f"{run.customers:,}",
                    f"{run.promised_share:.1%} → {run.churned_share:.1%}",
                    f"{_figure(run.promised_auc)} → {_figure(run.auc)}",
                    f"{run.promised_log_loss:.3f} → {run.log_loss:.3f}",
                    f"{run.ece:.1%}",
                ]
                for run in report.realised
            ],
            marked=frozenset(
                place for place, run in enumerate(report.realised) if run.ranks_worse or run.is_miscalibrated
            ),
        )
        yield Paragraph(say["promised"])
    if report.due:
        due = min(report.due.values())
        yield Paragraph(say["due"].format(n=len(report.due), due=due))


def _movement(found: ScoreMovement | None, language: Language) -> Iterator[Block]:
    say = TEXTS[language]
    yield Heading(say["movement"])
    if found is None:
        yield Paragraph(say["no_movement"])
        return
    parts = found.parts
    yield Paragraph(
        say["moved_by"].format(
            before=parts.before,
            after=parts.after,
            total=100 * parts.total,
            first=found.first_run,
            first_as_of=found.first_as_of,
            second=found.second_run,
            second_as_of=found.second_as_of,
        )
    )
    yield Table(
        say["part_columns"].split("|"),
        [
            [say[name], say[f"{name}_means"].format(parts=parts), f"{100 * share:+.2f}"]
            for name, share in parts.parts.items()
        ],
        words=2,
    )
    if found.features:
        yield Paragraph(say["by_feature"])
        strongest = list(found.features.items())[:8]
        rows = [[_named(name, language), f"{change:+.3f}"] for name, change in strongest]
        yield Table(say["feature_columns"].split("|"), rows)
    yield Paragraph(_revised(found, language))


def _revised(found: ScoreMovement, language: Language) -> str:
    say = TEXTS[language]
    if found.revised is None:
        return say["revised_unknown"].format(run=found.first_run)
    if not found.revised:
        return say["revised_nothing"].format(as_of=found.first_as_of)
    strongest = list(found.revised.items())[:8]
    told = ", ".join(f"{name} {share:.1%}" for name, share in strongest)
    return say["revised"].format(n=len(found.revised), as_of=found.first_as_of, told=told)


def _named(name: str, language: Language) -> str:
    """Return a feature's meaning and name, short; any other name as it is."""
    meaning = _MEANINGS[language].get(name)
    return f"{meaning.partition(';')[0].partition('（')[0]} ({name})" if meaning else name


def _figure(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.3f}"
