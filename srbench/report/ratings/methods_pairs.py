"""The methods paragraph of paired comparisons: every option and value spelled out, ready to be pasted into a paper."""

from srbench import __version__
from srbench.ratings.pair_study import PairAnalysis
from srbench.ratings.pair_tests import ModelTest
from srbench.report.numbers import from_to


def methods_pairs(study: PairAnalysis) -> str:
    """Describe a study of paired comparisons, in one paragraph."""
    return " ".join(
        [
            *_answers(study),
            *_scores(study),
            *_pair_tests(study),
            *_checks(study),
            f"Computed with srbench {__version__}.",
        ]
    )


def _answers(study: PairAnalysis) -> list[str]:
    per_rater = [count for count, _ in study.agreement.values()]
    again = study.given - len(study.answers)
    repeated = {
        "pool": "Repeated answers count as answers of their own.",
        "first": f"{again} repeated {'answer' if again == 1 else 'answers'} count for test-retest alone.",
    }[study.options.repetitions]
    contents = f"{len(study.contents)} content{'s' if len(study.contents) > 1 else ''}"
    return [
        f"{len(study.agreement)} raters gave {len(study.answers)} answers ({from_to(per_rater)} each) on "
        f"{contents} to the question which of two pictures of the same content is better.",
        *([repeated] if study.retest else []),
        study.screening or "Raters were not screened.",
    ]


def _scores(study: PairAnalysis) -> list[str]:
    ties = sum(answer.tie for answer in study.answers)
    unit = "just-objectionable differences, of which 1 is a preference of 75 %; Perez-Ortiz and Mantiuk 2017"
    every = [*study.overall[:1], *(fits[0] for fits in study.contents.values())]
    bounded = sum(fit.prior > 0 for fit in every)
    prior = (
        f"Where wins do not connect every item with every other one in both directions, so that the likelihood has no "
        f"maximum (Ford 1957; {bounded} of {len(every)} fits), half a win each way was added to every pair that was "
        "compared, and variances are at least those of independent answers."
    )
    return [
        f"{ties} answers are ties, modelled with a threshold (Rao and Kupper 1967; Glenn and David 1960)."
        if ties
        else "There were no ties.",
        "Scores are maximum-likelihood estimates of the Bradley-Terry model (natural-log odds) and of Thurstone's "
        f"case V ({unit if study.options.jod else 'standard deviations of a difference'}), centred to mean 0 "
        + ("for each content and over all contents." if study.overall else "for each content."),
        *([prior] if bounded else []),
    ]


def _pair_tests(study: PairAnalysis) -> list[str]:
    """Describe intervals, differences, and tests of the model."""
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
    for what, tests in (
        ("One scale for all contents was tested against one for each", study.heterogeneity),
        ("The scores of the contents were tested against a preference of its own for each pair", study.fit),
    ):
        told = "; ".join(map(_test, tests))
        if told:
            sentences.append(
                f"{what} by Rao's score statistic, the signs of the raters' contributions drawn 2,000 times with seed "
                f"{study.options.seed} (Kline and Santos 2012; {told})."
            )
    return sentences


def _test(test: ModelTest) -> str:
    p = "no p with fewer than 6 raters" if test.p is None else f"p = {test.p:.4f}"
    return f"{test.link}: chi-squared = {test.chi2:.1f}, {test.df} degrees of freedom, {p}"


def _checks(study: PairAnalysis) -> list[str]:
    """Describe side bias, circular triads and repeated answers."""
    sentences = []
    side = study.side_bias
    if side:
        ends = f" [{side.ci95[0]:.2f}, {side.ci95[1]:.2f}]" if side.ci95 else ""
        ends += "" if side.p is None else f", p = {side.p:.4f}"
        sentences.append(
            f"What was shown first was preferred in {side.first:.1%} of {side.answers} decided answers; its advantage "
            f"beside the scores is {side.log_odds:+.2f} log odds{ends} (Davidson and Beaver 1977, half a win each way "
            "added to every pair, raters as clusters)."
        )
    counted, circular = (sum(getattr(t, name) for t in study.triads.values()) for name in ("triads", "circular"))
    if counted:
        shares = [one.consistence for one in study.triads.values() if one.consistence is not None]
        mean = f", mean coefficient of consistence {sum(shares) / len(shares):.3f}" if shares else ""
        sentences.append(
            f"{circular} of {counted} triads of one rater are circular{mean} (Kendall and Babington Smith 1940)."
        )
    if study.retest:
        sentences.append(f"Of {study.retest.pairs} repeated answers {study.retest.same:.1%} were the same.")
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
        f"number of clusters less 1: {fit.robust_df} degrees of freedom, t = {fit.quantile:.2f}), beside those with "
        "raters alone as clusters, which hold on these contents"
        for fit in overall
    ]
    return (
        "95 % intervals are Student t intervals from cluster-robust (sandwich) covariances, with the factor "
        f"G / (G - 1) for G clusters: {'; '.join(parts)}. Where all clusters gave the same answers, the variance of "
        "independent answers stands in."
    )
