"""Mixed models of the votes: models fixed; raters, contents and their likings for models random."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

import numpy as np
from scipy import stats

from srbench.core.progress import NO_PROGRESS, Progress
from srbench.ratings.votes import Votes
from srbench.stats.arrays import Floats, Ints
from srbench.stats.corrections import LEVEL, holm
from srbench.stats.mixed_linear import fit_linear
from srbench.stats.mixed_ordinal import fit_ordinal
from srbench.stats.random_effects import arrange

RESIDUAL = "residual"
_MOST_CATEGORIES = 11
_MOST_OPERATIONS = 2_500.0**3
"""Operations of one solution for all random effects above which no model is fitted: seconds, hundreds of times."""
_SEPARATED = 10.0
"""Log odds with a larger standard error are no estimate: where votes of models never overlap, the likelihood has no
maximum."""


@dataclass(frozen=True)
class MixedDifference:
    """The difference between two models in a mixed model.

    Attributes:
        first: The model with the higher fixed effect.
        second: The other model.
        value: First minus second: in units of the scale, or in log odds.
        error: Standard error.
        df: Satterthwaite's degrees of freedom of the t test; None for the ordinal model's z test.
        p: Two-sided p value.
        p_holm: p value after Holm's correction for all pairs.
    """

    first: str
    second: str
    value: float
    error: float
    df: float | None
    p: float
    p_holm: float

    @property
    def significant(self) -> bool:
        """Whether the corrected p value is below 5 %."""
        return self.p_holm < LEVEL


@dataclass(frozen=True, eq=False)
class MixedFit:
    """One mixed model of the votes.

    Attributes:
        kind: "linear": restricted maximum likelihood. "ordinal": cumulative logit, Laplace's approximation.
        models: Fixed effect of each model, best first: mean score, or log odds against the mean of the models.
        sd: Standard deviation of each random effect, and of the residual: in units of the scale, or in log odds.
        differences: Differences between every two models.
        votes: Number of votes.
        converged: Whether the search says that it has found the best fit.
        singular: Whether a variance is estimated as 0, the end of its range: the votes do not show that effect, and
            tests take it as absent.
        reason: Reason why there is no fit; empty where there is one.
    """

    kind: Literal["linear", "ordinal"]
    models: dict[str, float]
    sd: dict[str, float]
    differences: tuple[MixedDifference, ...]
    votes: int
    converged: bool
    singular: bool = False
    reason: str = ""

    @property
    def vanished(self) -> list[str]:
        """Names of the effects whose variance is estimated as 0."""
        return [name for name, sd in self.sd.items() if sd == 0]


def mixed_models(votes: Votes, progress: Progress = NO_PROGRESS) -> list[MixedFit]:
    """Fit the linear and the ordinal mixed model to votes on stimuli of models.

    A random effect takes part where the design can tell it from the others: "rater x model" and "content x model" need
    two models, raters and contents.

    Args:
        votes: Votes that count, without those on traps.
        progress: Shows a task for each fit.

    Source:
        Linear: Bates et al. 2015; t tests with Satterthwaite's degrees of freedom, Kuznetsova et al. 2017. Ordinal:
        Agresti 2010, section 10.1. Rater and content as random: Judd, Westfall and Kenny, Journal of Personality and
        Social Psychology 103, 2012.
    """
    return [linear_model(votes, progress), ordinal_model(votes, progress)]


def linear_model(votes: Votes, progress: Progress = NO_PROGRESS) -> MixedFit:
    """Fit the linear mixed model, as `mixed_models` does."""
    named, factors, reason = _prepared(votes)
    return _without("linear", reason) if reason else _linear(named, factors, progress)


def ordinal_model(votes: Votes, progress: Progress = NO_PROGRESS) -> MixedFit:
    """Fit the ordinal mixed model, as `mixed_models` does."""
    named, factors, reason = _prepared(votes)
    return _without("ordinal", reason) if reason else _ordinal(named, factors, progress)


def _prepared(votes: Votes) -> tuple[Votes, dict[str, Ints], str]:
    """Return the votes on stimuli of models, their random effects, and what stands against a fit."""
    named = votes.keep(np.array([bool(s.model) for s in votes.stimuli], dtype=bool)[votes.stimulus])
    factors = _factors(named)
    return named, factors, _problem(named, factors)


def _without(kind: Literal["linear", "ordinal"], reason: str) -> MixedFit:
    return MixedFit(kind, {}, {}, (), 0, converged=False, reason=reason)


def _model_of(votes: Votes) -> tuple[list[str], Ints]:
    names = sorted({votes.stimuli[i].model for i in np.unique(votes.stimulus)})
    return names, np.array([names.index(s.model) if s.model in names else 0 for s in votes.stimuli])[votes.stimulus]


def _factors(votes: Votes) -> dict[str, Ints]:
    """Return the level of each vote in every random effect that the design can tell from the others."""
    _, model = _model_of(votes)
    contents = {key: i for i, key in enumerate(dict.fromkeys((s.dataset, s.content) for s in votes.stimuli))}
    content = np.array([contents[s.dataset, s.content] for s in votes.stimuli], dtype=np.int64)[votes.stimulus]
    size = int(model.max(initial=0)) + 1
    candidates = {"rater": votes.rater, "content": content}
    several = [name for name, group in candidates.items() if len(np.unique(group)) > 1]
    if size > 1:
        candidates |= {f"{name} x model": candidates[name] * size + model for name in several}
    numbered = {name: np.unique(group, return_inverse=True)[1] for name, group in candidates.items()}
    return {name: group for name, group in numbered.items() if 0 < group.max(initial=0) < len(votes) - 1}


def _problem(votes: Votes, factors: dict[str, Ints]) -> str:
    if not len(votes):
        return "no stimulus has a model"
    if not {"rater", "content"} <= factors.keys():
        return "raters and contents cannot be told apart: two of each are needed, with more votes than either"
    if arrange(list(factors.values())).cost > _MOST_OPERATIONS:
        levels = sum(int(group.max()) + 1 for group in factors.values())
        return f"{levels} levels of random effects that hang together; the fit would take hours"
    return "" if np.ptp(votes.score) > 0 else "all votes are the same"


def _linear(votes: Votes, factors: dict[str, Ints], progress: Progress) -> MixedFit:
    names, model = _model_of(votes)
    try:
        fit = fit_linear(votes.score, np.eye(len(names))[model], list(factors.values()), progress)
    except np.linalg.LinAlgError:
        return _without("linear", "the votes leave no residual")
    order = np.argsort(-fit.fixed, kind="stable").tolist()
    pairs = []
    for i, j in combinations(order, 2):
        value, error, df = fit.contrast(_contrast(len(names), i, j))
        p = 2 * float(stats.t.sf(value / error, df)) if error > 0 else 1.0
        pairs.append(MixedDifference(names[i], names[j], value, error, float(df) if np.isfinite(df) else None, p, p))
    return MixedFit(
        kind="linear",
        models={names[i]: float(fit.fixed[i]) for i in order},
        sd={**dict(zip(factors, fit.sd.tolist(), strict=True)), RESIDUAL: fit.residual},
        differences=_corrected(pairs),
        votes=len(votes),
        converged=fit.converged,
        singular=fit.singular,
    )


def _ordinal(votes: Votes, factors: dict[str, Ints], progress: Progress) -> MixedFit:
    names, model = _model_of(votes)
    scores, category = np.unique(votes.score, return_inverse=True)
    whole = np.allclose(scores / votes.scale.step, np.rint(scores / votes.scale.step))
    if not whole or len(scores) > _MOST_CATEGORIES:
        return _without("ordinal", f"needs votes in at most {_MOST_CATEGORIES} categories")
    fit = fit_ordinal(category, np.eye(len(names))[model][:, 1:], list(factors.values()), progress)
    if np.sqrt(np.diag(fit.covariance)).max(initial=0) > _SEPARATED:
        return _without("ordinal", "votes of some models never overlap, so that their log odds have no finite value")
    effects = np.concatenate([[0.0], fit.fixed])
    effects = effects - effects.mean()
    order = np.argsort(-effects, kind="stable").tolist()
    pairs = []
    for i, j in combinations(order, 2):
        weights = _contrast(len(names), i, j)[1:]
        value, error = float(effects[i] - effects[j]), float(np.sqrt(weights @ fit.covariance @ weights))
        p = 2 * float(stats.norm.sf(value / error)) if error > 0 else 1.0
        pairs.append(MixedDifference(names[i], names[j], value, error, None, p, p))
    return MixedFit(
        kind="ordinal",
        models={names[i]: float(effects[i]) for i in order},
        sd={**dict(zip(factors, fit.sd.tolist(), strict=True)), RESIDUAL: float(np.pi / np.sqrt(3))},
        differences=_corrected(pairs),
        votes=len(votes),
        converged=fit.converged,
        singular=fit.singular,
    )


def _contrast(models: int, first: int, second: int) -> Floats:
    weights = np.zeros(models)
    weights[first], weights[second] = 1.0, -1.0
    return weights


def _corrected(pairs: Sequence[MixedDifference]) -> tuple[MixedDifference, ...]:
    return tuple(replace(pair, p_holm=p) for pair, p in zip(pairs, holm([q.p for q in pairs]), strict=True))
