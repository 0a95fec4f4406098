"""Sentences of the methods paragraph on the intervals of stimuli and models."""

from srbench.ratings import mos
from srbench.ratings.analysis import Analysis
from srbench.report.ratings import bounds, likelihood_sentences


def near_ends(study: Analysis) -> str:
    """Say how half-widths of stimuli, and of models over raters, are widened near the ends of the scale."""
    scale, votes = study.scores.scale, study.votes
    low, high = f"{scale.low:g}", f"{scale.high:g}"
    models = study.models and votes is not None and study.options.relative == "none"
    agreed = (
        "where all n votes but a share x agree it is at least "
        f"{scale.step:g} x (q - x)(1 - 4 x^2), q the upper 97.5 % limit of that share (Clopper and Pearson 1934; "
        f"{scale.step:g} x (1 - 0.025^(1/n)) where all agree)"
    )
    if models:
        agreed += (
            ", for a model with the number of independent votes that tell as much by the working model after one rater "
            "more has voted a step away everywhere (n is the number of raters where all agree), for a difference as "
            "the root of both models' squares"
        )
    agreed += "."
    if votes is not None and not mos.within(votes):
        return f"Votes pass the ends of the scale, so that no half-width is widened there; {agreed}"
    return (
        f"Near the ends of the scale a half-width{', also that of a model over raters,' if models else ''} is never "
        f"below that of Wilson (1927) with variances in proportion to (m - {low})({high} - m) and the one-sided t "
        f"quantile; {agreed}"
    )


def of_models(study: Analysis) -> str:
    """Say what the intervals of models hold for, and how they are computed."""
    if likelihood_sentences.drawn(study) and study.options.estimator != "mos":
        return likelihood_sentences.of_models(study)
    if study.votes is None or study.options.estimator != "mos":
        return (
            "Its 95 % interval takes the errors of the stimuli as independent: it holds for these raters and images "
            "only."
        )
    biased = " (with the raters' biases left in)" if study.options.remove_bias else ""
    first = (
        f"Its first 95 % interval holds for raters like these{biased} on these images (Student t with cluster-robust "
        "variance by rater, scaled by a working model of raters' biases and noise, Satterthwaite's degrees of freedom; "
        "Bell and McCaffrey 2002)"
    )
    if not any(group.ci95_raters_images for group in study.models):
        return f"{first}. {bounds.said(study)}"
    return (
        f"{first}; the second for raters and images like these (Student t, k - 1 degrees of freedom for the smaller k "
        "of the numbers of images and raters; the squared standard error is the variance of a bootstrap that draws "
        f"both, {study.options.resamples} resamples, seed {study.options.seed}, times k / (k - 1), less twice the "
        "noise that single votes bring into the mean, but a third of it at least, and at least that of rounding each "
        "vote to a step; Owen 2007; never narrower than the first, and a difference's never than that over raters). "
        f"{bounds.said(study)}"
    )
