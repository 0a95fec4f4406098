"""The methods paragraph of a study on a scale: every option and value spelled out, ready to be pasted into a paper."""

import numpy as np

from srbench import __version__
from srbench.ratings.analysis import Analysis
from srbench.ratings.mixed import RESIDUAL
from srbench.ratings.votes import Votes, contents
from srbench.report.numbers import degrees_of_freedom, from_to
from srbench.report.ratings import further, interval_sentences, likelihood_sentences, tables_mixed
from srbench.stats.corrections import LEVEL
from srbench.stats.paired import ALL_SIGNS_UP_TO, PERMUTATIONS


def methods(study: Analysis) -> str:
    """Describe a study on a scale, in one paragraph."""
    parts = [
        _material(study),
        _scores(study),
        _screening(study),
        _agreement(study),
        _models(study),
        _as_good(study),
        _mixed(study),
        further.sentences(study),
        _metrics(study),
    ]
    return " ".join(part for part in (*parts, f"Computed with srbench {__version__}.") if part)


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
        counts = study.scores.n
        over = f"over {from_to(counts.tolist())} votes each" if counts.any() else "over unknown numbers of votes"
        return f"Averages {over} were given for {shown}, {on}; single votes were not available."
    assert study.raters is not None
    traps = f", and {_many(study.trap_votes, 'vote')} on traps," if study.trap_votes else ""
    return (
        f"{_many(len(study.raters.names), 'rater')} gave {_many(study.total_votes - study.trap_votes, 'vote')} on "
        f"{shown}{traps} {on}; each rater who counts saw {from_to(_seen(study.votes))} stimuli, each stimulus has "
        f"{from_to(study.scores.n.tolist())} votes that count."
    )


def _many(number: int, one: str, several: str = "") -> str:
    return f"{number} {one if number == 1 else several or one + 's'}"


def _seen(votes: Votes) -> list[int]:
    pairs = np.unique(votes.rater * len(votes.stimuli) + votes.stimulus)
    counts = np.bincount(pairs // len(votes.stimuli), minlength=len(votes.raters))
    return [int(count) for count in counts if count]


def _scores(study: Analysis) -> str:
    if study.votes is None:
        if not np.isfinite(study.scores.half).any():
            return "Stimuli have no intervals: standard deviations or numbers of votes are not known."
        return (
            "Intervals of stimuli are Student t intervals from the given standard deviations and numbers of votes. "
            + interval_sentences.near_ends(study)
        )
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
            "Each rater's bias (mean deviation from the stimuli's means) was subtracted first (ITU-T P.913, section "
            "12.4); intervals of stimuli are those of the remaining scatter."
        )
    if options.estimator == "mos":
        parts.append(
            "Scores of stimuli are mean opinion scores with Student t 95 % intervals (n - 1 degrees of freedom)."
        )
        parts.append(interval_sentences.near_ends(study))
    else:
        parts.append(likelihood_sentences.of_stimuli(study))
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
    parts.append("A model's score is the mean over its images, each image counting once.")
    if any(group.half for group in study.models):
        parts.append(interval_sentences.of_models(study))
    if study.differences:
        parts.append(_tests(study))
    return " ".join(parts)


def _tests(study: Analysis) -> str:
    pairs = [pair for pair in study.differences if pair.dataset] or study.differences
    if all(pair.test == "two-way" and pair.df is None for pair in pairs):
        return "Models were not tested: a single image or a single rater says nothing of others."
    significant = sum(pair.significant for pair in pairs)
    datasets = len({pair.dataset for pair in pairs})
    where = f" within {datasets} data sets" if datasets > 1 else ""
    return (
        f"Models were tested by {_test(study)}, with Holm's correction for all pairs of a data set; {significant} of "
        f"{_many(len(pairs), 'difference')}{where} {'is' if significant == 1 else 'are'} significant at 5 %. Effect "
        "sizes are matched-pairs rank-biserial correlation and Cohen's d_z of the images' differences."
        + (_OVER_RATERS if any(pair.raters for pair in pairs) else "")
    )


_OVER_RATERS = (
    " Beside them stand paired t tests over raters alone, on these images (difference of the raters' means; the "
    "variance and degrees of freedom of a model's interval over raters, Holm)."
)


def _test(study: Analysis) -> str:
    test = study.differences[0].test
    if test == "two-way":
        df = degrees_of_freedom({pair.df for pair in study.differences if pair.df is not None})
        return (
            "two-sided t tests over raters and images: the mean over images of the difference of two stimuli's scores "
            f"over the same bootstrap's standard error ({df}: the smaller of the numbers of images "
            "and raters, less one)"
        )
    how = {
        "wilcoxon": "two-sided Wilcoxon signed-rank tests (exact up to 200 images, zero differences left out)",
        "permutation": (
            f"two-sided permutation tests of the mean (exchange of signs, all patterns up to {ALL_SIGNS_UP_TO} images, "
            f"else {PERMUTATIONS:,} drawn with seed {study.options.seed})"
        ),
    }[test]
    return f"{how} on the images' means, paired by image, these raters held fixed"


def _as_good(study: Analysis) -> str:
    if not study.as_good:
        return ""
    one = study.as_good[0]
    shown = ", ".join(found.model for found in study.as_good if found.shown) or "no model"
    return (
        f"As good as {one.baseline} within {one.margin:g} steps (non-inferiority: one-sided t tests over raters and "
        f"images of the same bootstrap's standard errors, Holm) is {shown}."
    )


def _mixed(study: Analysis) -> str:
    made = {fit.kind: fit for fit in study.mixed if not fit.reason}
    parts = []
    if "linear" in made:
        fit = made["linear"]
        sds = ", ".join(f"{name} {sd:.3f}" for name, sd in fit.sd.items())
        parts.append(
            f"A linear mixed model of {fit.votes} votes with models fixed and the other effects random (restricted "
            "maximum likelihood; Bates et al. 2015; t tests with Satterthwaite's degrees of freedom, Holm) has the "
            f"standard deviations {sds}."
        )
    if "ordinal" in made:
        fit = made["ordinal"]
        sds = ", ".join(f"{name} {sd:.3f}" for name, sd in fit.sd.items() if name != RESIDUAL)
        parts.append(
            f"A cumulative logit mixed model of {fit.votes} votes with the same effects (Laplace's approximation; z "
            f"tests, Holm) has, in log odds, {sds}."
        )
    parts += [tables_mixed.singular(fit) for fit in made.values() if fit.singular]
    return " ".join(parts)


_PAIRS_OF_PICTURES = (
    " Every two pictures were compared by a two-sided paired t test over the raters who rated both, at 5 % without "
    "correction; of metrics, the share of different pairs in the right order and areas under ROC curves (different "
    "against similar, better against worse) are given after Krasula et al. (QoMEX 2016), with 95 % intervals over "
    "contents like these (Student t on the logit, G - 1 degrees of freedom, the standard error of 100 to 300 bootstrap "
    "draws of the G contents times the root of G / (G - 1))."
)


def _metrics(study: Analysis) -> str:
    if not study.predictions:
        return ""
    best = next(p for p in study.predictions if p.best)
    tied = [p.metric for p in study.predictions if p.tied]
    low, high = best.srcc_ci95
    names = ", ".join(p.metric for p in study.predictions)
    judged = next((p.pairs for p in study.predictions if p.pairs), None)
    text = (
        f"Objective metrics ({names}) were compared with the scores after ITU-T P.1401: Pearson's correlation before "
        "and after 4- and 5-parameter logistic and monotonic third-order mapping (least squares), Spearman's and "
        "Kendall's (tau-b) rank correlation, RMSE over n - d, RMSE* (of what errors exceed half of a stimulus's 95 % "
        "interval by), and outlier ratio (errors beyond it). Intervals "
        "take stimuli as independent: Fisher's transformation for correlations (variances of Bonett and Wright for "
        "Spearman, of Fieller, Hartley and Pearson for Kendall), chi-squared for RMSE, the binomial's normal "
        f"approximation for outliers. {best.metric} has the largest |SRCC|, {abs(best.srcc):.3f} [{low:.3f}, "
        f"{high:.3f}], on {_many(best.n, 'stimulus', 'stimuli')}"
    )
    return text + (
        f"; not told apart from it (bootstrap over contents, 1,000 resamples, seed {study.options.seed}, 95 %, not "
        f"corrected for the choice of the best): {', '.join(tied) or 'no other'}."
        + (_PAIRS_OF_PICTURES if judged else "")
        + _between_metrics(study)
    )


def _how_tested(study: Analysis) -> str:
    contents = {test.contents for test in study.metric_tests if test.contents is not None}
    if contents:
        return (
            f"by t tests with a cluster-robust variance over {from_to(contents)} contents, each with all its stimuli, "
            "contents - 1 degrees of freedom (of Fisher's z, and of the logarithm of the mean square error)"
        )
    return (
        "stimuli taken as independent: correlations by Meng, Rosenthal and Rubin's test (1992), RMSE by Pitman and "
        "Morgan's (1939)"
    )


def _between_metrics(study: Analysis) -> str:
    if not study.metric_tests:
        return ""
    better = sum(test.p_plcc_holm < LEVEL for test in study.metric_tests)
    return (
        f" Pairs of metrics were tested after the third-order mapping, {_how_tested(study)}, with Holm's correction "
        "for all pairs, beside P.1401's z and F tests for independent samples; "
        f"{better} of {_many(len(study.metric_tests), 'difference')} of correlations "
        f"{'is' if better == 1 else 'are'} significant at 5 %."
    )
