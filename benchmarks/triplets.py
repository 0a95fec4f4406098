"""Triplets with panels like the real ones of JPEG AIC-3: `python -m benchmarks.triplets` prints what comes back.

Ten levels on each of ten contents (boosted) or five (plain); the levels of a content are spaced evenly up to a highest
one of its own. A plain panel of which everybody looks, with the half of the answers that is left, shows what no model
of absence can do better.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from srbench.ratings import jnd
from srbench.ratings.triplet_simulation import BOOSTED, PLAIN, TripletPanel, right_on_traps, simulate

_CONTENTS, _LEVELS = {"boosted": 10, "plain": 5}, 10
_PANELS = {
    "boosted": (BOOSTED, 5),
    "plain": (PLAIN, 40),
    "plain, 24 raters": (replace(PLAIN, raters=24), 40),
    "plain, all look": (replace(PLAIN, lapse=1e-3, answers=PLAIN.answers // 2), 40),
}
"""Each panel, and how often it is drawn."""


@dataclass(frozen=True)
class Found:
    """What comes back of one panel.

    Attributes:
        traps: Share of the traps that were answered rightly.
        correlations: Spearman's correlation of planted and found distances, for each content.
        slope: Found distances as a multiple of the planted ones, by least squares through 0.
        stimuli: Share of the stimuli's 95 % intervals that hold the planted distance.
        models: The same of the models' mean distances.
    """

    traps: float
    correlations: list[float]
    slope: float
    stimuli: float
    models: float


def planted(panel: TripletPanel) -> dict[str, dict[str, float]]:
    """Return distances in JND, those of boosted pictures twice as long."""
    generator = np.random.default_rng((panel.seed, 1))
    longest = 6.0 if panel.form == "boosted" else 3.0
    levels = np.linspace(0.25, longest, _LEVELS)
    ends = generator.uniform(0.8, 1.2, _CONTENTS[panel.form])
    return {f"c{c}": {f"m{m}": float(end * level) for m, level in enumerate(levels)} for c, end in enumerate(ends)}


def measured(panel: TripletPanel) -> Found:
    """Simulate a panel, and compare what is found with what was planted."""
    truth = planted(panel)
    answers = simulate(truth, panel)
    fit = jnd.fit(answers)
    aim = np.array([truth[content][model] for content, model in fit.items])
    of = {name: np.array([content == name for content, _ in fit.items]) for name in truth}
    models = [
        abs(score - np.mean([truth[content][model] for content in truth])) < half for model, score, half in fit.means()
    ]
    return Found(
        right_on_traps(answers),
        [float(stats.spearmanr(aim[own], fit.score[own]).statistic) for own in of.values()],
        float(aim @ fit.score / (aim @ aim)),
        float(np.mean(np.abs(fit.score - aim) < fit.half)),
        float(np.mean(models)),
    )


def _lines(shrink: int) -> Iterator[str]:
    for name, (panel, number) in _PANELS.items():
        found = [measured(replace(panel, seed=seed)) for seed in range(max(1, number // shrink))]
        rank = np.array([one.correlations for one in found])
        slopes = [one.slope for one in found]
        yield (
            f"{name}: {len(found)} panels of {panel.raters} raters x {panel.answers} answers, traps right "
            f"{np.mean([one.traps for one in found]):.1%}; SRCC per content {rank.min():.3f} to {rank.max():.3f}, mean "
            f"{rank.mean():.3f}, {np.mean(rank >= 0.97):.0%} at least 0.97; slope {np.mean(slopes):.3f} (SD "
            f"{np.std(slopes):.3f}); 95 % intervals hold {np.mean([one.stimuli for one in found]):.1%} of stimuli, "
            f"{np.mean([one.models for one in found]):.1%} of models"
        )


def main() -> None:
    """Print a line for each panel."""
    parser = argparse.ArgumentParser("benchmarks.triplets", description=__doc__.partition("\n")[0])
    parser.add_argument("--shrink", type=int, default=1, help="measure so many times fewer panels")
    for line in _lines(parser.parse_args().shrink):
        print(line, flush=True)


if __name__ == "__main__":
    main()
