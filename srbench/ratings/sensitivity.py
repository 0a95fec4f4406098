"""Sensitivity of the scores to screening and to other treatments of the votes, each applied alone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from srbench.ratings import caveats, likelihood, mos, screening
from srbench.ratings.options import Options
from srbench.ratings.votes import StimulusScores, Votes


@dataclass(frozen=True, eq=False)
class Variant:
    """Change of the scores under one treatment of the votes.

    Attributes:
        name: Name of the treatment.
        applied: Whether it is the analysis itself.
        rejected: Raters whose votes do not count.
        half: Mean half width of the stimuli's 95 % intervals.
        largest_change: Largest absolute change of a stimulus's score against untreated MOS.
        mean_change: Mean absolute change of the stimuli's scores.
        rank_correlation: Spearman's correlation with untreated MOS; None where it is not defined.
        reason: Reason why the treatment cannot be applied; empty where it can.
    """

    name: str
    applied: bool
    rejected: tuple[str, ...]
    half: float | None = None
    largest_change: float | None = None
    mean_change: float | None = None
    rank_correlation: float | None = None
    reason: str = ""


def variants(
    prepared: Votes,
    verdicts: Sequence[screening.Verdict],
    options: Options,
    scores: StimulusScores,
    excluded: Sequence[str],
    estimate: likelihood.Estimate | None,
) -> list[Variant]:
    """Compare this analysis, and every rule and treatment alone, with the plain MOS of all votes.

    Args:
        prepared: Votes without those on traps, repeated ones treated.
        verdicts: Verdict of every rule.
        options: Options of the analyst.
        scores: Scores of this analysis.
        excluded: Raters whose votes do not count in it.
        estimate: Maximum likelihood of all these votes; None where they are too few.
    """
    plain = mos.mos(prepared)
    base = screening.unbiased(prepared)
    p913 = screening.kurtosis(base, ddof=options.ddof, unanimous=options.unanimous)
    compared = [
        _variant("plain MOS of all votes", (), plain, plain),
        replace(_variant("this analysis", tuple(excluded), plain, scores), applied=True),
    ]
    for verdict in verdicts:
        if verdict.reason:
            compared.append(Variant(verdict.rule, applied=False, rejected=(), reason=verdict.reason))
        else:
            treated = mos.mos(prepared.without(verdict.rejected))
            compared.append(_variant(verdict.rule, verdict.rejected, plain, treated))
    compared.append(_variant("bias removal (P.913)", (), plain, mos.mos(base)))
    both = mos.mos(base.without(p913.rejected))
    compared.append(_variant("bias removal, then bt500 (P.913)", p913.rejected, plain, both))
    if estimate and not estimate.usable:
        reason = caveats.collapsed(estimate) if estimate.exact else "did not converge"
        compared.append(Variant("maximum likelihood (P.910)", applied=False, rejected=(), reason=reason))
    elif estimate:
        compared.append(_variant("maximum likelihood (P.910)", (), plain, estimate.scores))
    return compared


def _variant(name: str, rejected: tuple[str, ...], plain: StimulusScores, treated: StimulusScores) -> Variant:
    at = plain.by_name()
    if not treated.stimuli:
        return Variant(name, applied=False, rejected=rejected, reason="no rater is left")
    before = plain.mean[[at[s.name] for s in treated.stimuli]]
    change = np.abs(treated.mean - before)
    varies = len(change) > 2 and np.ptp(before) > 0 and np.ptp(treated.mean) > 0
    half = treated.half[np.isfinite(treated.half)]
    return Variant(
        name=name,
        applied=False,
        rejected=rejected,
        half=float(half.mean()) if len(half) else None,
        largest_change=float(change.max()),
        mean_change=float(change.mean()),
        rank_correlation=float(stats.spearmanr(before, treated.mean).statistic) if varies else None,
    )
