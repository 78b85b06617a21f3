"""Rules of promotion: metrics within limits, and a result that is not worse, or that is better."""

from collections.abc import Mapping, Sequence

from sonovae.params.promotion import Gate
from sonovae.promotion.result_comparison import (
    LABELS,
    ErrorChange,
    ResultComparison,
    Score,
)


def shut(values: Mapping[str, float], gates: Mapping[str, Gate]) -> list[str]:
    """Return why a result with these metrics, by dotted name, may not be registered."""
    reasons = (_reason(name, values.get(name), gate) for name, gate in gates.items())
    return [reason for reason in reasons if reason]


def _reason(name: str, value: float | None, gate: Gate) -> str:
    if value is None:
        return f"{name} is not among the metrics"
    # Negated comparisons, so that NaN passes no gate.
    if gate.at_least is not None and not value >= gate.at_least:
        return f"{name} = {value:.6g} is not at least {gate.at_least:g}"
    if gate.at_most is not None and not value <= gate.at_most:
        return f"{name} = {value:.6g} is not at most {gate.at_most:g}"
    return ""


def worse(comparison: ResultComparison, tolerance: float) -> list[str]:
    """Return in what a result is surely worse than another, a sentence each.

    An error counts only if its whole interval is beyond the tolerance: doubt makes no gate red.
    """
    reasons = _worse_scores(comparison)
    for error in comparison.errors:
        if error.change.low > tolerance:
            rule = _rule(tolerance)
            reasons.append(f"{error}, {rule}")
    return reasons


def not_better(comparison: ResultComparison, tolerance: float) -> list[str]:
    """Return why a result does not replace the champion, a sentence each.

    The whole interval of each error must be within the tolerance: in doubt, the champion stays.
    """
    if not _is_comparable(comparison):
        return [_incomparable(comparison.notes)]
    reasons = _worse_scores(comparison)
    for error in comparison.errors:
        # Negated, so that NaN is no permission.
        if not error.change.high <= tolerance:
            rule = _rule(tolerance)
            is_sure = error.change.low > tolerance
            doubt = "" if is_sure else "maybe "
            reasons.append(f"{error}, {doubt}{rule}")
    compared: list[Score | ErrorChange] = [
        *comparison.scores,
        *comparison.errors,
    ]
    if reasons or any(item.is_better for item in compared):
        return reasons
    values = "; ".join(str(item) for item in compared)
    return [f"nothing is better by more than the noise: {values}"]


def _is_comparable(comparison: ResultComparison) -> bool:
    """Whether there is anything but labels: a judge hears them in bad sounds, too."""
    if comparison.errors:
        return True
    names = [score.name for score in comparison.scores]
    return any(name != LABELS for name in names)


def _incomparable(notes: Sequence[str]) -> str:
    why = "; ".join(notes)
    if not why:
        why = "no score of the distribution is in both scores.csv"
    return (
        "neither its new sounds' distribution nor"
        f" its reconstructions are comparable ({why}):"
        " give promotion.model another name,"
        " or move the alias by hand in the dashboard"
    )


def _rule(tolerance: float) -> str:
    return f"more than promotion.tolerance = {tolerance:.0%}"


def _worse_scores(comparison: ResultComparison) -> list[str]:
    reasons = []
    for score in comparison.scores:
        if score.is_worse:
            reasons.append(f"{score}, worse by more than the noise")
    return reasons
