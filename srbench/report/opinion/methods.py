"""The methods paragraph: every choice and figure spelled out, ready to be pasted into a paper."""

from collections.abc import Iterable

import numpy as np

from srbench import __version__
from srbench.opinion.analysis import Analysis
from srbench.opinion.preference import PairAnalysis
from srbench.opinion.votes import Votes


def methods(made: Analysis) -> str:
    """Of a study on a scale."""
    parts = [_material(made), _scores(made), _screening(made), _agreement(made), _models(made), _metrics(made)]
    return " ".join(part for part in (*parts, f"Computed with srbench {__version__}.") if part)


def methods_pairs(made: PairAnalysis) -> str:
    """Of a study of paired comparisons."""
    ties = sum(answer.tie for answer in made.answers)
    per_rater = [count for count, _ in made.agreement.values()]
    return " ".join(
        [
            f"{len(made.agreement)} raters gave {len(made.answers)} answers ({_from_to(per_rater)} each) on "
            f"{len(made.contents)} contents to the question which of two pictures of the same content is better.",
            f"{ties} answers are ties, modelled with a threshold (Rao and Kupper 1967; Glenn and David 1960)."
            if ties
            else "There were no ties.",
            "Scores are maximum-likelihood estimates of the Bradley-Terry model (natural-log odds) and of Thurstone's "
            "case V (standard deviations of a difference), centred to mean 0 "
            + ("for each content and over all contents;" if made.overall else "for each content;"),
            "intervals are 1.96 standard errors from the full covariance of the centred scores (Fisher information), "
            "and take all answers as independent, those of one rater too.",
            "A set of items is scored only where wins connect every item with every other one in both directions (Ford "
            "1957).",
            f"Computed with srbench {__version__}.",
        ]
    )


def _material(made: Analysis) -> str:
    stimuli = made.opinion.stimuli
    models = {s.model for s in stimuli if s.model}
    datasets = {s.dataset for s in stimuli if s.dataset}
    references = sum(s.reference for s in stimuli)
    scale = made.opinion.scale
    shown = f"{len(stimuli)} stimuli of {len({s.content for s in stimuli})} contents"
    shown += f" from {len(datasets)} data sets" if len(datasets) > 1 else ""
    shown += f", made by {len(models)} models" if models else ""
    shown += f", {references} of them hidden references" if references else ""
    if made.votes is None:
        n = made.opinion.n
        return (
            f"Averages over {_from_to(n.tolist())} votes each were given for {shown}, on a scale from {scale.low:g} to "
            f"{scale.high:g} (higher is better); single votes were not available."
        )
    assert made.raters is not None
    seen = _seen(made.votes)
    return (
        f"{len(made.raters.names)} raters gave {made.total_votes} votes on {shown}, on a scale from {scale.low:g} to "
        f"{scale.high:g} (higher is better); each rater saw {_from_to(seen)} stimuli, each stimulus has "
        f"{_from_to(made.opinion.n.tolist())} votes that count."
    )


def _seen(votes: Votes) -> list[int]:
    pairs = np.unique(votes.rater * len(votes.stimuli) + votes.stimulus)
    counts = np.bincount(pairs // len(votes.stimuli), minlength=len(votes.raters))
    return [int(count) for count in counts if count]


def _from_to(values: Iterable[int]) -> str:
    found = sorted(values)
    if not found:
        return "no"
    return f"{found[0]}" if found[0] == found[-1] else f"{found[0]} to {found[-1]}"


def _scores(made: Analysis) -> str:
    if made.votes is None:
        return "Intervals of stimuli are Student t intervals from the given standard deviations and numbers of votes."
    choices = made.choices
    repeated = ""
    if made.retest:
        repeated = {
            "pool": " Repeated votes count as votes of their own.",
            "mean": " Repeated votes of a rater on a stimulus were averaged first.",
            "first": " Of repeated votes the first counts.",
        }[choices.repetitions]
    bias = (
        " Each rater's bias (mean deviation from the stimuli's means) was taken off first (ITU-T P.913, section 12.4)."
        if choices.remove_bias
        else ""
    )
    if choices.estimator == "mos":
        text = "Scores of stimuli are mean opinion scores with Student t 95 % intervals (n - 1 degrees of freedom)."
    else:
        assert made.estimate is not None
        state = "converged" if made.estimate.converged else "did not converge"
        text = (
            "Scores of stimuli are maximum-likelihood estimates under rater bias and inconsistency (ITU-T P.910, Annex "
            f"E; alternating projection, {state} after {made.estimate.iterations} sweeps), with 1.96 standard errors."
        )
    relative = ""
    if made.dmos is not None:
        relative = (
            f" Differential scores are DV = V - V_ref + {made.opinion.scale.high:g}, rater by rater, against the "
            "hidden reference of the same content (higher is better; not held below the top of the scale); the crushed "
            "form compresses values above the top."
        )
    return text + repeated + bias + relative


def _screening(made: Analysis) -> str:
    if made.raters is None:
        return ""
    gone = [name for name, out in zip(made.raters.names, made.raters.gone, strict=True) if out]
    used = [verdict.statement for verdict in made.verdicts if verdict.rule in made.choices.screen]
    if not used:
        return "Raters were not screened."
    who = f"rejected {len(gone)} of {len(made.raters.names)} raters ({', '.join(gone)})" if gone else "rejected nobody"
    return f"Raters were screened by the {'; and by the '.join(used)}, which {who}."


def _agreement(made: Analysis) -> str:
    parts = []
    if made.icc:
        low, high = made.icc.single_ci95
        parts.append(
            f"ICC(2,1) = {made.icc.single:.3f} [{low:.3f}, {high:.3f}] and ICC(2,k) = {made.icc.average:.3f} over "
            f"{made.icc.stimuli} stimuli and {made.icc.raters} raters (two-way random, absolute agreement, first votes)"
        )
    if made.alpha_ordinal is not None and made.alpha_interval is not None:
        parts.append(
            f"Krippendorff's alpha is {made.alpha_ordinal:.3f} (ordinal) and {made.alpha_interval:.3f} (interval)"
        )
    if made.retest:
        again = made.retest
        parts.append(
            f"of {again.pairs} repeated votes {again.same:.0%} were the same and {again.within_one:.0%} within one "
            f"step (RMS difference {again.rms_difference:.2f})"
        )
    return f"Agreement: {'; '.join(parts)}." if parts else ""


def _models(made: Analysis) -> str:
    if not made.models:
        return ""
    parts = ["A model's score is the mean over its images, each image counting once."]
    if made.votes is not None and made.choices.estimator == "mos":
        parts.append(
            "Its first 95 % interval holds for raters like these on these images (Student t with cluster-robust "
            "variance by rater)"
            + (
                f"; the second for raters and images like these (both drawn with replacement, "
                f"{made.choices.resamples} resamples, seed {made.choices.seed}, percentile)."
                if made.choices.resamples
                else "."
            )
        )
    if made.differences:
        test = {
            "wilcoxon": "two-sided Wilcoxon signed-rank tests (exact up to 200 images, zero differences left out)",
            "permutation": "two-sided permutation tests of the mean (exchange of signs)",
        }[made.choices.test]
        pairs = len(made.differences)
        found = sum(pair.significant for pair in made.differences)
        parts.append(
            f"Models were compared by {test} on the images' means, paired by image, with Holm's correction for all "
            f"pairs of a data set; {found} of {pairs} differences are significant at 5 %. Effect sizes are "
            "matched-pairs rank-biserial correlation and Cohen's d_z."
        )
    return " ".join(parts)


def _metrics(made: Analysis) -> str:
    if not made.predictions:
        return ""
    best = next(p for p in made.predictions if p.best)
    low, high = best.srcc_ci95
    names = ", ".join(p.metric for p in made.predictions)
    return (
        f"Objective metrics ({names}) were compared with the scores after ITU-T P.1401: Pearson's correlation before "
        "and after 4- and 5-parameter logistic mapping (least squares), Spearman's and Kendall's (tau-b) rank "
        "correlation, RMSE over n - d, and outlier ratio (errors beyond half of a stimulus's 95 % interval); intervals "
        "by Fisher's transformation (Bonett and Wright's variance for Spearman), chi-squared for RMSE. "
        f"{best.metric} ranks the {best.n} stimuli best (SRCC {best.srcc:.3f} [{low:.3f}, {high:.3f}])."
    )
