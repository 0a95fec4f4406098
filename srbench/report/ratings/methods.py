"""The methods paragraph: every option and value spelled out, ready to be pasted into a paper."""

from collections.abc import Iterable

import numpy as np

from srbench import __version__
from srbench.ratings.analysis import Analysis
from srbench.ratings.pair_study import PairAnalysis
from srbench.ratings.votes import Votes, contents


def methods(study: Analysis) -> str:
    """Describe a study on a scale, in one paragraph."""
    parts = [
        _material(study),
        _scores(study),
        _screening(study),
        _agreement(study),
        _models(study),
        _metrics(study),
    ]
    return " ".join(part for part in (*parts, f"Computed with srbench {__version__}.") if part)


def methods_pairs(study: PairAnalysis) -> str:
    """Describe a study of paired comparisons, in one paragraph."""
    ties = sum(answer.tie for answer in study.answers)
    per_rater = [count for count, _ in study.agreement.values()]
    return " ".join(
        [
            f"{len(study.agreement)} raters gave {len(study.answers)} answers ({_from_to(per_rater)} each) on "
            f"{len(study.contents)} contents to the question which of two pictures of the same content is better.",
            f"{ties} answers are ties, modelled with a threshold (Rao and Kupper 1967; Glenn and David 1960)."
            if ties
            else "There were no ties.",
            "Scores are maximum-likelihood estimates of the Bradley-Terry model (natural-log odds) and of Thurstone's "
            "case V (standard deviations of a difference), centred to mean 0 "
            + ("for each content and over all contents." if study.overall else "for each content."),
            *_pair_tests(study),
            "A set of items is scored only where wins connect every item with every other one in both directions (Ford "
            "1957).",
            f"Computed with srbench {__version__}.",
        ]
    )


def _pair_tests(study: PairAnalysis) -> list[str]:
    """Describe intervals, differences and the test of heterogeneity."""
    sentences = [_pair_intervals(study)]
    tested = [fits[0] for fits in (study.overall, *study.contents.values()) if fits and fits[0].differences]
    if tested:
        sentences.append(
            "Differences of two items were tested by two-sided t tests from the same covariance and with the same "
            "degrees of freedom, with Holm's correction for all pairs of a fit."
        )
    if study.overall and study.overall[0].differences:
        pairs = study.overall[0].differences
        sentences.append(
            f"Over all contents, {sum(pair.significant for pair in pairs)} of {len(pairs)} differences "
            f"({study.overall[0].link}) are significant at 5 %."
        )
    tests = [
        f"{test.link}: chi-squared = {test.chi2:.1f}, {test.df} degrees of freedom, "
        f"p {'< 0.0001' if test.p < 1e-4 else f'= {test.p:.4f}'}"
        for test in study.heterogeneity
    ]
    if tests:
        sentences.append(
            "One scale for all contents was tested against one for each by the likelihood ratio, answers taken as "
            f"independent ({'; '.join(tests)})."
        )
    return sentences


def _pair_intervals(study: PairAnalysis) -> str:
    known = [fits[0] for fits in study.contents.values() if fits[0].robust_df is not None]
    overall = [fit for fit in study.overall[:1] if fit.robust_df is not None]
    if not known and not overall:
        return "There are no intervals: they need scores from two raters at least."
    parts = []
    if known:
        df = [fit.robust_df for fit in known if fit.robust_df is not None]
        parts.append(f"for each content with raters as clusters (raters less 1: {_from_to(df)} degrees of freedom)")
    parts += [
        "over all contents with raters and contents as clusters at once (Cameron, Gelbach and Miller 2011; each "
        "variance of a score or of a difference is the largest of the two-way one and both one-way ones; smallest "
        f"number of clusters less 1: {fit.robust_df} degrees of freedom, t = {fit.quantile:.2f})"
        for fit in overall
    ]
    return (
        "95 % intervals are Student t intervals from cluster-robust (sandwich) covariances, with the factor "
        f"G / (G - 1) for G clusters: {'; '.join(parts)}. Where all clusters gave the same answers, the variance of "
        "independent answers stands in."
    )


def _material(study: Analysis) -> str:
    stimuli, scale = study.scores.stimuli, study.scores.scale
    models = {s.model for s in stimuli if s.model}
    datasets = {s.dataset for s in stimuli if s.dataset}
    references = sum(s.reference for s in stimuli)
    shown = f"{_many(len(stimuli), 'stimulus', 'stimuli')} of {_many(contents(stimuli), 'content')}"
    shown += f" from {len(datasets)} data sets" if len(datasets) > 1 else ""
    shown += f", made by {_many(len(models), 'model')}" if models else ""
    shown += f", {references} of them hidden references" if references else ""
    on = f"on a scale from {scale.low:g} to {scale.high:g} (higher is better)"
    if study.votes is None:
        return (
            f"Averages over {_from_to(study.scores.n.tolist())} votes each were given for {shown}, {on}; single votes "
            "were not available."
        )
    assert study.raters is not None
    traps = f", and {_many(study.trap_votes, 'vote')} on traps," if study.trap_votes else ""
    return (
        f"{_many(len(study.raters.names), 'rater')} gave {_many(study.total_votes - study.trap_votes, 'vote')} on "
        f"{shown}{traps} {on}; each rater who counts saw {_from_to(_seen(study.votes))} stimuli, each stimulus has "
        f"{_from_to(study.scores.n.tolist())} votes that count."
    )


def _many(number: int, one: str, several: str = "") -> str:
    return f"{number} {one if number == 1 else several or one + 's'}"


def _seen(votes: Votes) -> list[int]:
    pairs = np.unique(votes.rater * len(votes.stimuli) + votes.stimulus)
    counts = np.bincount(pairs // len(votes.stimuli), minlength=len(votes.raters))
    return [int(count) for count in counts if count]


def _from_to(values: Iterable[int]) -> str:
    ordered = sorted(values)
    if not ordered:
        return "no"
    return f"{ordered[0]}" if ordered[0] == ordered[-1] else f"{ordered[0]} to {ordered[-1]}"


def _scores(study: Analysis) -> str:
    if study.votes is None:
        return "Intervals of stimuli are Student t intervals from the given standard deviations and numbers of votes."
    options = study.options
    parts = []
    if study.retest:
        parts.append(
            {
                "pool": "Repeated votes count as votes of their own.",
                "mean": "Repeated votes of a rater on a stimulus were averaged to one.",
                "first": "Of repeated votes the first counts.",
            }[options.repetitions]
        )
    if options.remove_bias:
        parts.append(
            "Each rater's bias (mean deviation from the stimuli's means) was taken off first (ITU-T P.913, section "
            "12.4); intervals of stimuli are those of the remaining scatter."
        )
    if options.estimator == "mos":
        parts.append(
            "Scores of stimuli are mean opinion scores with Student t 95 % intervals (n - 1 degrees of freedom)."
        )
    else:
        assert study.estimate is not None
        state = "converged" if study.estimate.converged else "did not converge"
        parts.append(
            "Scores of stimuli are maximum-likelihood estimates under rater bias and inconsistency (ITU-T P.910, Annex "
            f"E; alternating projection, {state} after {study.estimate.iterations} sweeps), with 1.96 standard errors "
            "from the scatter of the votes at each stimulus."
        )
    return " ".join([*parts, *_relative(study)])


def _relative(study: Analysis) -> list[str]:
    if study.dmos is None or study.votes is None:
        return []
    top = f"{study.scores.scale.high:g}"
    parts = [
        f"Differential scores (DMOS) are means of DV = V - V_ref + {top}, rater by rater, against the hidden reference "
        f"of the same content; higher is better, and {top}, the top of the scale, is as good as the reference and no "
        "limit."
    ]
    if study.options.relative == "crushed":
        parts.append("Values above 5 were compressed to 7 DV / (2 + DV) (ITU-T P.910).")
    lost = len(study.votes) - int(study.dmos.n.sum())
    if lost:
        parts.append(f"{_many(lost, 'vote')} have no reference by the same rater and are left out of DMOS.")
    return parts


def _screening(study: Analysis) -> str:
    if study.raters is None:
        return ""
    gone = [name for name, out in zip(study.raters.names, study.raters.excluded, strict=True) if out]
    used = [verdict.statement for verdict in study.verdicts if verdict.rule in study.options.screen]
    if not used:
        return "Raters were not screened."
    who = f"rejected {len(gone)} of {len(study.raters.names)} raters ({', '.join(gone)})" if gone else "rejected nobody"
    return f"Raters were screened by the {' and the '.join(used)}, which {who}."


def _agreement(study: Analysis) -> str:
    parts = []
    if study.icc:
        icc, (low, high) = study.icc, study.icc.single_ci95
        parts.append(
            f"ICC(2,1) = {icc.single:.3f} [{low:.3f}, {high:.3f}] and ICC(2,k) = {icc.average:.3f} over "
            f"{icc.stimuli} stimuli and {icc.raters} raters (two-way random, absolute agreement, first votes)"
        )
    if study.alpha_ordinal is not None and study.alpha_interval is not None:
        parts.append(
            f"Krippendorff's alpha is {study.alpha_ordinal:.3f}{_alpha_ends(study.alpha_ordinal_ci95)} (ordinal) and "
            f"{study.alpha_interval:.3f}{_alpha_ends(study.alpha_interval_ci95)} (interval"
            + (
                f"; Student t intervals on the scale of log(1 - alpha), from {study.options.resamples} bootstrap draws "
                f"of raters and stimuli at once, seed {study.options.seed})"
                if study.alpha_ordinal_ci95
                else ")"
            )
        )
    if study.retest:
        again = study.retest
        parts.append(
            f"of {again.pairs} repeated votes {again.same:.0%} were the same and {again.within_one:.0%} within one "
            f"step (RMS difference {again.rms_difference:.2f})"
        )
    return f"Agreement: {'; '.join(parts)}." if parts else ""


def _alpha_ends(ends: tuple[float, float] | None) -> str:
    return f" [{ends[0]:.3f}, {ends[1]:.3f}]" if ends else ""


def _models(study: Analysis) -> str:
    if not study.models:
        return ""
    by = {"dmos": "DMOS", "crushed": "crushed DMOS"}.get(study.options.relative)
    parts = [f"Models were compared by {by}, references left out."] if by else []
    parts += ["A model's score is the mean over its images, each image counting once.", _model_intervals(study)]
    if study.differences:
        parts.append(_tests(study))
    return " ".join(parts)


def _model_intervals(study: Analysis) -> str:
    if study.votes is None or study.options.estimator != "mos":
        return (
            "Its 95 % interval takes the errors of the stimuli as independent: it holds for these raters and images "
            "only."
        )
    biased = " (with the raters' biases left in)" if study.options.remove_bias else ""
    first = (
        f"Its first 95 % interval holds for raters like these{biased} on these images (Student t with cluster-robust "
        "variance by rater)"
    )
    if not any(group.ci95_raters_images for group in study.models):
        return first + "."
    return (
        f"{first}; the second for raters and images like these (Student t with the standard error of a bootstrap that "
        f"draws both, {study.options.resamples} resamples, seed {study.options.seed}, less the surplus noise of single "
        "votes in such draws)."
    )


def _tests(study: Analysis) -> str:
    test = {
        "wilcoxon": "two-sided Wilcoxon signed-rank tests (exact up to 200 images, zero differences left out)",
        "permutation": (
            "two-sided permutation tests of the mean (exchange of signs, all patterns up to 16 images, else 100,000 "
            f"drawn with seed {study.options.seed})"
        ),
    }[study.options.test]
    pairs = [pair for pair in study.differences if pair.dataset] or study.differences
    significant = sum(pair.significant for pair in pairs)
    datasets = len({pair.dataset for pair in pairs})
    where = f" within {datasets} data sets" if datasets > 1 else ""
    return (
        f"Models were tested by {test} on the images' means, paired by image, with Holm's correction for all pairs of "
        f"a data set; {significant} of {_many(len(pairs), 'difference')}{where} {'is' if significant == 1 else 'are'} "
        "significant at 5 %. Effect sizes are matched-pairs rank-biserial correlation and Cohen's d_z."
    )


def _metrics(study: Analysis) -> str:
    if not study.predictions:
        return ""
    best = next(p for p in study.predictions if p.best)
    tied = [p.metric for p in study.predictions if p.tied]
    low, high = best.srcc_ci95
    names = ", ".join(p.metric for p in study.predictions)
    text = (
        f"Objective metrics ({names}) were compared with the scores after ITU-T P.1401: Pearson's correlation before "
        "and after 4- and 5-parameter logistic mapping (least squares), Spearman's and Kendall's (tau-b) rank "
        "correlation, RMSE over n - d, and outlier ratio (errors beyond half of a stimulus's 95 % interval). Intervals "
        "take stimuli as independent: Fisher's transformation for correlations (variances of Bonett and Wright for "
        "Spearman, of Fieller, Hartley and Pearson for Kendall), chi-squared for RMSE, the binomial's normal "
        f"approximation for outliers. {best.metric} has the largest |SRCC|, {abs(best.srcc):.3f} [{low:.3f}, "
        f"{high:.3f}], on {_many(best.n, 'stimulus', 'stimuli')}"
    )
    return text + (
        f"; not told apart from it (bootstrap over contents, 1,000 resamples, seed {study.options.seed}, 95 %, not "
        f"corrected for the choice of the best): {', '.join(tied) or 'no other'}."
    )
