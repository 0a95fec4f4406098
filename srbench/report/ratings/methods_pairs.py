"""The methods paragraph of paired comparisons: every option and value spelled out, ready to be pasted into a paper."""

from srbench import __version__
from srbench.ratings.pair_study import PairAnalysis
from srbench.report.numbers import from_to


def methods_pairs(study: PairAnalysis) -> str:
    """Describe a study of paired comparisons, in one paragraph."""
    ties = sum(answer.tie for answer in study.answers)
    per_rater = [count for count, _ in study.agreement.values()]
    return " ".join(
        [
            f"{len(study.agreement)} raters gave {len(study.answers)} answers ({from_to(per_rater)} each) on "
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
        parts.append(f"for each content with raters as clusters (raters less 1: {from_to(df)} degrees of freedom)")
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
