"""Sentences of the methods paragraph on scores by maximum likelihood and their intervals."""

from srbench.ratings.analysis import Analysis


def of_stimuli(study: Analysis) -> str:
    """Say how true scores are estimated, and how their intervals and those of raters are computed."""
    assert study.estimate is not None
    state = "converged" if study.estimate.converged else "did not converge"
    errors = (
        "95 % intervals for raters like these: Student t with n - 1 degrees of freedom, n the raters of the stimulus, "
        f"and sqrt(n / (n - 1)) times the standard deviation over {study.options.resamples} draws of the raters with "
        f"replacement (seed {study.options.seed}), each of two sweeps from the solution, the mean bias of the raters "
        "drawn being 0"
        if drawn(study)
        else "1.96 standard errors from the scatter of the votes at each stimulus (these raters alone)"
    )
    return (
        "Scores of stimuli are maximum-likelihood estimates under rater bias and inconsistency (ITU-T P.910, Annex "
        f"E; alternating projection, {state} after {study.estimate.iterations} sweeps), with {errors}. Raters' biases, "
        "against the mean of these raters, have t intervals and their inconsistencies chi-squared intervals, by "
        "weighted least squares with weights 1 / inconsistency^2 and n - h degrees of freedom: a rater's votes less "
        "the sum of their leverages (variance times n / (n - h))."
    )


def of_models(study: Analysis) -> str:
    """Say how the intervals of models come from drawn raters."""
    first = (
        "Its first 95 % interval holds for raters like these on these images (Student t with the standard deviation of "
        "its mean over the same draws, corrected and with degrees of freedom as for stimuli)"
    )
    if not any(group.ci95_raters_images for group in study.models):
        return first + "."
    return (
        f"{first}; the second for raters and images like these (Student t, k - 1 degrees of freedom for the smaller k "
        "of the numbers of images and raters; the squared standard error is the variance of these draws with images "
        "drawn beside the raters, times k / (k - 1), less twice the noise that single votes, as weighed in the scores, "
        "bring into the mean, but a third of it at least, and at least that of rounding each vote to a step; Owen "
        "2007; never narrower than the first, and a difference's never than that over raters)."
    )


def drawn(study: Analysis) -> bool:
    """Whether the intervals of maximum likelihood come from drawn raters."""
    return study.votes is not None and study.options.resamples > 1
