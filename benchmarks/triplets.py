"""Triplets with panels like the real ones of JPEG AIC-3: `python -m benchmarks.triplets` prints what comes back.

Ten levels on each of ten contents; the levels of a content are spaced evenly up to a highest one of its own.
"""

from dataclasses import replace

import numpy as np
from scipy import stats

from srbench.ratings import jnd
from srbench.ratings.triplet_simulation import BOOSTED, PLAIN, TripletPanel, right_on_traps, simulate

_CONTENTS, _LEVELS, _SEEDS = {"boosted": 10, "plain": 5}, 10, 3


def planted(panel: TripletPanel) -> dict[str, dict[str, float]]:
    """Return distances in JND, those of boosted pictures twice as long."""
    generator = np.random.default_rng((panel.seed, 1))
    longest = 6.0 if panel.form == "boosted" else 3.0
    levels = np.linspace(0.25, longest, _LEVELS)
    ends = generator.uniform(0.8, 1.2, _CONTENTS[panel.form])
    return {f"c{c}": {f"m{m}": float(end * level) for m, level in enumerate(levels)} for c, end in enumerate(ends)}


def correlations(panel: TripletPanel) -> tuple[float, list[float], float]:
    """Return the share of traps answered rightly, each content's rank correlation, and the slope of the scores."""
    truth = planted(panel)
    answers = simulate(truth, panel)
    fit = jnd.fit(answers)
    pairs = [
        (content, truth[content][model], score) for (content, model), score in zip(fit.items, fit.score, strict=True)
    ]
    found = []
    for content in truth:
        one, other = zip(*[(t, s) for c, t, s in pairs if c == content], strict=True)
        found.append(float(stats.spearmanr(one, other).statistic))
    slope = float(np.polyfit([t for _, t, _ in pairs], [s for *_, s in pairs], 1)[0])
    return right_on_traps(answers), found, slope


def main() -> None:
    """Print a line for each panel and seed."""
    for panel in (BOOSTED, PLAIN):
        for seed in range(_SEEDS):
            traps, found, slope = correlations(replace(panel, seed=seed))
            print(
                f"{panel.form}, seed {seed}: {panel.raters} raters x {panel.answers} answers, traps right {traps:.1%}; "
                f"SRCC per content {min(found):.3f} to {max(found):.3f}; slope {slope:.2f}"
            )


if __name__ == "__main__":
    main()
