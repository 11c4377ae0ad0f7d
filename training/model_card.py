"""The model card, in Markdown: what a bundle predicts, from which data, how well, and where not to trust it.

The form follows Mitchell et al., "Model Cards for Model Reporting" (2019). It holds counts and
measures, and no customer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from training.metrics import METRICS, reliability_table
from training.models.subscription_value import SubscriptionValue

if TYPE_CHECKING:
    from training.bundle import Bundle
    from training.choice import Choice
    from training.evaluate import Evaluation

__all__ = ["model_card"]

SHOWN = {
    "auc": ("AUC", "share of pairs of a leaver and a stayer that are ranked rightly"),
    "pr_auc": ("PR-AUC", "average precision of the at-risk list over all its lengths"),
    "log_loss": ("log-loss", "of the churn probability, in nats"),
    "brier": ("Brier", "mean squared error of the churn probability"),
    "ece": ("ECE", "mean distance of stated from seen churn, over ten groups"),
    "lift_10": ("lift 10%", "churn among the tenth most at risk, over churn among all"),
    "gini": ("Gini", "ranking by revenue, 1 is perfect, 0 is chance"),
    "deviance_revenue": ("dev. revenue", "Tweedie deviance of power 1.5, scaled"),
    "deviance_orders": ("dev. orders", "Poisson deviance"),
    "bias_revenue": ("bias revenue", "predicted total over seen total, less 1"),
}
KINDS = {
    "out-of-time": (
        "It was fitted on what was known then, and judged on what came after: production's own situation."
    ),
    "cross-fitted": (
        "History holds one earlier outcome only: each customer was judged by models fitted on others of the "
        "same period. This is **not** out of time, and flatters."
    ),
    "shorter-horizon": (
        "History holds no earlier outcome of that length: the models were asked an easier question, over "
        "a shorter horizon."
    ),
}
LIMITS = (
    "It tells who is likely to leave, not whom an offer would keep.",
    "What the past did not hold (another range, other prices, a first season) is not in it.",
    "New customers and values far beyond those learned from are marked, and stay off the at-risk lists.",
    "Percentiles and ranks compare the customers of one run; they are not levels.",
)
JUDGED = (
    ("title", "model", ""),
    ("log_likelihood", "log-likelihood", ",.1f"),
    ("tracking_error", "tracking error", ".1%"),
    ("gini", "Gini", ".3f"),
    ("bias", "bias", "+.1%"),
    ("coverage_80_purchases", "orders within 80 % intervals", ".1%"),
    ("coverage_80_value", "value within 80 % intervals", ".1%"),
    ("weight", "weight", ".0f"),
    ("note", "note", ""),
)
USE = """## Use

Where Joren is installed, on a behaviour table:

```python
model = mlflow.pyfunc.load_model("models:/joren@champion")
scores = model.predict(behaviour)
```

The bundle is JSON and XGBoost's own `.ubj`, nothing pickled; its version is a hash of its content."""
FEWEST_IN_TABLE = 100  # customers; below it, groups of ten would be too few to speak of


def model_card(bundle: Bundle, evaluation: Evaluation | None, fingerprint: Mapping[str, str | int]) -> str:
    """Return the card of a bundle; ``evaluation`` is None where history was too short for any.

    ``fingerprint`` tells the data apart: its names and values are listed as they are.
    """
    limits = "\n".join(f"- {limit}" for limit in (*bundle.metadata.notes, *LIMITS))
    sections = [
        _summary(bundle),
        _data(bundle, fingerprint),
        *_measures(evaluation),
        *_choice(bundle.choice),
        f"## Limits\n\n{limits}",
        USE,
    ]
    return "\n\n".join(sections) + "\n"


def _summary(bundle: Bundle) -> str:
    about = bundle.metadata
    who, leaves = "a purchase", "no purchase"
    if isinstance(bundle.value, SubscriptionValue):
        who, leaves = "a running contract", "the contract ending"
    return (
        f"# Joren {bundle.version}\n\n"
        f"For each customer with {who} by {about.as_of}: the probability of **{leaves} in the next "
        f"{about.horizon_days} days** (churn), the orders and the revenue net of refunds expected in them, "
        f"and the gross margin of the next {bundle.policy.clv_horizon_days} days, discounted at "
        f"{bundle.policy.annual_discount_rate:.0%} a year (CLV). Method: {about.method}."
    )


def _data(bundle: Bundle, fingerprint: Mapping[str, str | int]) -> str:
    about = bundle.metadata
    learned = "the purchase histories alone: no earlier outcome of this length is on record"
    if about.moments:
        learned = (
            f"{len(about.moments)} past moments ({min(about.moments)} to {max(about.moments)}), "
            f"{about.panel_rows:,} rows, {about.fitted_rows:,} of them fitted"
        )
    rows = {
        "history": f"{about.first_day} to {about.as_of}, days of the zone {about.zone}",
        "customers": f"{about.customers:,}",
        "learned from": learned,
        "features": f"{len(about.features)}",
        "currency": about.currency,
        "margin": _margin(bundle),
        "seed": f"{about.seed}",
        **{f"data: {name}": f"{value}" for name, value in fingerprint.items()},
    }
    return _table("## Data", ["", ""], [[name, text] for name, text in rows.items()])


def _margin(bundle: Bundle) -> str:
    if bundle.value is not None and bundle.value.margin_share is not None:
        return f"recorded: {bundle.value.margin_share:.1%} of net revenue"
    if bundle.policy.margin_rate is None:
        return "**assumed** to be all of the revenue: none is recorded, and no `margin_rate` was given"
    return f"{bundle.policy.margin_rate:.1%} of net revenue, as given by `margin_rate`"


def _measures(evaluation: Evaluation | None) -> list[str]:
    if evaluation is None:
        return ["## How good it was\n\nUnknown: history is too short to hold anything out."]
    names = [name for name in SHOWN if any(name in found for found in evaluation.metrics.values())]
    text = (
        f"Asked on {evaluation.moment} about the {evaluation.horizon_days} days after it: "
        f"{evaluation.customers:,} customers, of whom {evaluation.predictions['churned'].mean():.1%} left. "
        f"{KINDS[evaluation.kind]} The best of each column is bold."
        + (f" **{evaluation.caution}.**" if evaluation.caution else "")
    )
    rows = [[model, *(_cell(evaluation, model, name) for name in names)] for model in evaluation.metrics]
    legend = "; ".join(f"{SHOWN[name][0]}: {SHOWN[name][1]}" for name in names)
    heading = f"## How good it was\n\n{text}"
    return [
        _table(heading, ["model", *(SHOWN[name][0] for name in names)], rows),
        f"{legend}.",
        *_calibration(evaluation),
    ]


def _cell(evaluation: Evaluation, model: str, name: str) -> str:
    measured = {each: found[name] for each, found in evaluation.metrics.items() if name in found}
    if model not in measured:
        return "–"
    far = {"higher": lambda value: -value, "lower": float, "zero": abs}[METRICS[name].better]
    best = min(map(far, measured.values()))
    text = f"{measured[model]:.3f}"
    return f"**{text}**" if far(measured[model]) == best and len(measured) > 1 else text


def _calibration(evaluation: Evaluation) -> list[str]:
    if "ece" not in evaluation.metrics[evaluation.main] or evaluation.customers < FEWEST_IN_TABLE:
        return []
    said = evaluation.predictions[f"{evaluation.main}|churn"].to_numpy()
    table = reliability_table(evaluation.predictions["churned"].to_numpy(), said)
    rows = [
        [f"{row.customers:,}", f"{row.predicted:.1%}", f"{row.observed:.1%}"] for row in table.itertuples()
    ]
    return [_table("## Calibration", ["customers", "said to leave", "left"], rows)]


def _choice(choice: Choice) -> list[str]:
    """Return how the lifetime-value model was picked, and how it did season by season."""
    heading = f"## The lifetime-value model\n\n{choice.why}."
    if choice.worst is None:
        return [heading]
    candidates = [
        [_figure(getattr(candidate, name), form) for name, _, form in JUDGED]
        for candidate in choice.candidates
    ]
    stretches = [
        [
            f"{stretch.first_day} to {stretch.last_day}",
            f"{stretch.season}{', the worst' if stretch == choice.worst else ''}",
            f"{stretch.purchases:,}",
            f"{stretch.bias:+.1%}",
            f"{stretch.tracking_error:.1%}",
        ]
        for stretch in choice.held_out
    ]
    heading = f"{heading} Judged on {choice.horizon_days} held-out days at a time:"
    return [
        _table(heading, [column for _, column, _ in JUDGED], candidates),
        _table(
            f"{choice.title} by season:",
            ["held out", "season", "orders", "bias", "tracking error"],
            stretches,
        ),
    ]


def _figure(value: float | str | None, form: str) -> str:
    return "–" if value is None else format(value, form)


def _table(heading: str, columns: list[str], rows: list[list[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return f"{heading}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)
