"""What screening and other treatments of votes would do to the result, each shown alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from srbench.opinion import likelihood, mos, screening
from srbench.opinion.choices import Choices
from srbench.opinion.votes import Opinion, Votes


@dataclass(frozen=True, eq=False)
class Effect:
    """What a treatment of the votes does to the result.

    Attributes:
        treatment: Its name.
        applied: It is part of this analysis.
        rejected: Raters who no longer count.
        half: Mean half-width of the stimuli's 95 % intervals.
        largest: Largest change of a stimulus's score against untreated MOS.
        mean_change: Mean absolute change.
        rank_correlation: Spearman's, with untreated MOS; None where it cannot be told.
        reason: Why it could not be done.
    """

    treatment: str
    applied: bool
    rejected: tuple[str, ...]
    half: float | None = None
    largest: float | None = None
    mean_change: float | None = None
    rank_correlation: float | None = None
    reason: str = ""


def effects(prepared: Votes, verdicts: Sequence[screening.Verdict], choices: Choices) -> list[Effect]:
    """Of every rule and treatment, against the plain MOS of all votes.

    Args:
        prepared: Votes that are judged, repeated ones treated.
        verdicts: Of every rule.
        choices: Which of them are applied.
    """
    plain = mos.mos(prepared)
    base = screening.unbiased(prepared)
    p913 = screening.kurtosis(base, ddof=choices.ddof, unanimous=choices.unanimous)
    found = [
        Effect(
            "none: plain MOS",
            not choices.screen and not choices.remove_bias and choices.estimator == "mos",
            (),
            float(np.nanmean(plain.half)) if np.isfinite(plain.half).any() else None,
            0.0,
            0.0,
            1.0,
        )
    ]
    for verdict in verdicts:
        applied = verdict.rule in choices.screen
        if verdict.reason:
            found.append(Effect(verdict.rule, applied, (), reason=verdict.reason))
        else:
            found.append(
                _effect(verdict.rule, applied, verdict.rejected, plain, mos.mos(prepared.without(verdict.rejected)))
            )
    found.append(_effect("bias removal (P.913)", choices.remove_bias and not choices.screen, (), plain, mos.mos(base)))
    both = choices.remove_bias and "bt500" in choices.screen
    found.append(
        _effect("bias removal, then bt500 (P.913)", both, p913.rejected, plain, mos.mos(base.without(p913.rejected)))
    )
    likely = likelihood.estimate(prepared)
    if likely:
        found.append(_effect("maximum likelihood (P.910)", choices.estimator == "p910", (), plain, likely.opinion))
    return found


def _effect(name: str, applied: bool, rejected: tuple[str, ...], plain: Opinion, treated: Opinion) -> Effect:
    at = plain.by_name()
    if not treated.stimuli:
        return Effect(name, applied, rejected, reason="no rater is left")
    before = plain.mean[[at[s.name] for s in treated.stimuli]]
    change = np.abs(treated.mean - before)
    varies = len(change) > 2 and np.ptp(before) > 0 and np.ptp(treated.mean) > 0
    half = treated.half[np.isfinite(treated.half)]
    return Effect(
        treatment=name,
        applied=applied,
        rejected=rejected,
        half=float(half.mean()) if len(half) else None,
        largest=float(change.max()),
        mean_change=float(change.mean()),
        rank_correlation=float(stats.spearmanr(before, treated.mean).statistic) if varies else None,
    )
