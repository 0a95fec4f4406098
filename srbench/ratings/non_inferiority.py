"""Non-inferiority: whether a model is as good as another one, or as the original, within a stated margin."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from scipy import stats

from srbench.errors import BadRatings
from srbench.ratings.mos import stimuli_by_model
from srbench.ratings.votes import StimulusScores
from srbench.stats.corrections import LEVEL, holm
from srbench.stats.two_way import TwoWayDraws, TwoWayEstimate

ORIGINAL = "the original"


@dataclass(frozen=True)
class NonInferiority:
    """Whether a model falls short of another one by less than a margin.

    Attributes:
        model: The model.
        baseline: The model that it is compared with; "the original" for scores relative to hidden references.
        images: Number of images rated for both.
        mean: Mean over images of model minus baseline, in units of the scale.
        lower95: Lower end of the one-sided 95 % interval over raters and images; not corrected.
        margin: Shortfall that does not matter, 0 or more.
        p: One-sided p value of "worse by the margin or more".
        p_holm: p value after Holm's correction for all models.
    """

    model: str
    baseline: str
    images: int
    mean: float
    lower95: float
    margin: float
    p: float
    p_holm: float

    @property
    def shown(self) -> bool:
        """Whether it is shown to be as good within the margin."""
        return self.p_holm < LEVEL


def as_good_as(
    scores: StimulusScores, draws: TwoWayDraws | None, margin: float, baseline: str = "", *, relative: bool = False
) -> list[NonInferiority]:
    """Test every model against a baseline: t test over raters and images of "worse by the margin or more".

    Args:
        scores: Scores by which models are compared.
        draws: Bootstrap draws behind them.
        margin: Shortfall that does not matter, in units of the scale.
        baseline: A model; the hidden references where it is empty.
        relative: Whether scores are relative to hidden references, so that the top of the scale is the original.

    Raises:
        BadRatings: There is no such model, or there are no draws, as for averages.

    Source:
        Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics 15, 1987: one of his two tests.
    """
    if draws is None:
        raise BadRatings("--margin needs single votes, --estimator mos and --resamples above 0")
    models = {model: members for (model, dataset), members in stimuli_by_model(scores.stimuli).items() if not dataset}
    name = ORIGINAL if relative and not baseline else baseline or _reference(scores)
    if name != ORIGINAL and name not in models:
        raise BadRatings(f"--as-good-as '{name}' is no model of these ratings; expected of {', '.join(models)}")
    found: list[tuple[str, TwoWayEstimate, int]] = []
    for model, members in models.items():
        if model == name:
            continue
        first, second = _paired(scores, members, models.get(name))
        values = scores.mean[first] - (scores.scale.high if second is None else scores.mean[second])
        estimate = draws.estimate(float(values.mean()), first, second, scores.scale.step) if first else None
        if estimate:
            found.append((model, estimate, len(first)))
    tested = [_tested(model, name, estimate, images, margin) for model, estimate, images in found]
    corrected = holm([one.p for one in tested]) if tested else []
    ordered = [replace(one, p_holm=p) for one, p in zip(tested, corrected, strict=True)]
    return sorted(ordered, key=lambda one: -one.mean)


def _reference(scores: StimulusScores) -> str:
    names = sorted({s.model for s in scores.stimuli if s.reference})
    if len(names) != 1:
        what = f"references of {len(names)} models" if names else "no hidden references"
        raise BadRatings(f"there are {what}; name the model to compare with by --as-good-as")
    return names[0]


def _paired(
    scores: StimulusScores, members: Sequence[int], others: Sequence[int] | None
) -> tuple[list[int], list[int] | None]:
    """Return the stimuli of both models on the images that both have."""
    if others is None:
        return list(members), None
    images = {(scores.stimuli[i].dataset, scores.stimuli[i].content): i for i in others}
    pairs = [(i, images.get((scores.stimuli[i].dataset, scores.stimuli[i].content))) for i in members]
    both = [(i, j) for i, j in pairs if j is not None]
    return [i for i, _ in both], [j for _, j in both]


def _tested(model: str, baseline: str, estimate: TwoWayEstimate, images: int, margin: float) -> NonInferiority:
    p = estimate.p_above(-margin)
    return NonInferiority(
        model=model,
        baseline=baseline,
        images=images,
        mean=estimate.value,
        lower95=estimate.value - float(stats.t.ppf(0.95, estimate.df)) * estimate.error,
        margin=margin,
        p=p,
        p_holm=p,
    )
