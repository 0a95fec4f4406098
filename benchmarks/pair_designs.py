"""What designs of paired comparison find with a fifth of the answers of ratings in five categories.

    python -m benchmarks.pair_designs --out reports/survey

Simulated panels, whose models have known scores, rate every picture in five categories (ACR), or answer paired
comparisons a fifth as often. The scores of pairs are brought to steps of the five-point scale by one line for each
table, fitted to the truth, so that widths and errors can be compared.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from pathlib import Path

import numpy as np

from srbench import __version__
from srbench.ratings import mos, pairs
from srbench.ratings.model_differences import compare_models, draw_raters_and_images
from srbench.ratings.simulation import SPREAD_OF_INCONSISTENCY, Simulation, simulate
from srbench.ratings.votes import PairAnswer, Stimulus
from srbench.stats.arrays import Floats
from srbench.stats.student import t_quantile
from srbench.survey.plan.adaptive import adaptive_choice, information, posterior
from srbench.survey.plan.design import Design, Trial
from srbench.survey.plan.planning import by_content, session

DESIGNS = ("full", "sparse", "blocks", "adaptive")
"""Those of `srbench survey create --pairs`."""
GREEDY = "greedy"
"""The most telling pair after every single answer."""
CARELESS = 0.3
HONEST_TRAP = 0.98
"""Share of the traps that an attentive rater answers rightly."""
_RANGE = 4.0
_DRAWS = 500


@dataclass(frozen=True)
class Panel:
    """A simulated panel of one study of pairs.

    Attributes:
        simulation: Models, contents and raters.
        share: Number of pair answers for each vote that ACR would take.
        careless: Share of the raters who answer at random.
        traps: Number of trap questions of each rater; who misses one is left out.
    """

    simulation: Simulation
    share: float = 0.2
    careless: float = 0.0
    traps: int = 0


@dataclass(frozen=True)
class Found:
    """What one way of asking finds, a mean over panels.

    Attributes:
        way: The design.
        answers: Answers of a rater, traps left out.
        half: Half the 95 % interval of a difference between two models, over raters and images, in steps.
        error: Root of the mean squared error of the models' scores, in steps.
        neighbours: Share of models next to each other in truth that are in the right order.
        bias: Largest error of a model's mean score over all panels, as a share of the scale.
        bias_error: Its standard error.
    """

    way: str
    answers: int
    half: float
    error: float
    neighbours: float
    bias: float
    bias_error: float


def of_pairs(panel: Panel, design: str, trials: int) -> Found:
    """Measure a design of pairs; a careless panel is brought to steps by the line of the attentive one."""
    fits = [_scores(answers(replace(panel, careless=0.0), design, seed), panel) for seed in range(trials)]
    truth = _truth(panel.simulation)
    middle = np.mean([score for score, _ in fits], axis=0)
    steps = float(truth @ middle / (middle @ middle))
    if panel.careless:
        fits = [_scores(answers(panel, design, seed), panel) for seed in range(trials)]
    asked = round(panel.share * panel.simulation.images * len(panel.simulation.models))
    return _found(design, asked, steps * np.array([s for s, _ in fits]), steps * np.mean([h for _, h in fits]), truth)


def of_categories(panel: Panel, trials: int) -> Found:
    """Measure ratings in five categories by as many raters, each of whom sees every picture."""
    scores, halves = [], []
    for seed in range(trials):
        simulation = replace(panel.simulation, seed=seed)
        votes = simulate(simulation).votes
        means = {group.model: group.mean for group in mos.model_means(mos.mos(votes))}
        draws = draw_raters_and_images(votes, mos.mos(votes), _DRAWS, seed)
        ends = [pair.ci95_raters_images for pair in compare_models(mos.mos(votes), draws=draws)]
        halves.append(np.mean([(high - low) / 2 for low, high in filter(None, ends)]))
        listed = np.array([means[model] for model in simulation.models])
        scores.append(listed - listed.mean())
    truth = _truth(panel.simulation)
    middle = np.mean(scores, axis=0)
    steps = float(truth @ middle / (middle @ middle))  # the ends of the scale press means together
    asked = panel.simulation.images * len(panel.simulation.models)
    return _found("acr", asked, steps * np.array(scores), steps * float(np.mean(halves)), truth)


def answers(panel: Panel, design: str, seed: int) -> list[PairAnswer]:
    """Return the answers of one panel, of the raters who missed no trap, rater after rater."""
    simulation = replace(panel.simulation, seed=seed)
    generator = np.random.default_rng((seed, 8))
    stimuli = [
        Stimulus(f"{content}_{model}", f"c{content:02d}", model)
        for content in range(simulation.images)
        for model in simulation.models
    ]
    shift = generator.normal(0, simulation.stimulus_spread, len(stimuli))
    quality = dict(zip(simulation.models, simulation.quality, strict=True))
    seen = {s.name: quality[s.model] + more for s, more in zip(stimuli, shift, strict=True)}
    by_name = {stimulus.name: stimulus for stimulus in stimuli}
    wanted = round(panel.share * len(stimuli))
    careless = generator.permutation(simulation.raters) < round(panel.careless * simulation.raters)
    kept: list[PairAnswer] = []
    for rater in range(simulation.raters):
        taste = dict(zip(simulation.models, generator.normal(0, simulation.rater_model, len(quality)), strict=True))
        noise = np.sqrt(2) * simulation.inconsistency * np.exp(generator.normal(0, SPREAD_OF_INCONSISTENCY))
        own: list[PairAnswer] = []
        if design == GREEDY:
            asked = _most_telling(simulation.models, simulation.images, seed, rater, wanted, kept, own)
        else:
            asked = _asked(Design("pair", seed, pairs=design), stimuli, rater, wanted, kept, own)  # type: ignore[arg-type]
        for trial in asked:
            first, second = (by_name[name] for name in trial.pictures)
            gap = seen[first.name] + taste[first.model] - seen[second.name] - taste[second.model]
            wins = generator.random() < 0.5 if careless[rater] else gap + noise * generator.normal() > 0
            better, worse = (first, second) if wins else (second, first)
            own.append(PairAnswer(first.content, f"r{rater}", better.model, worse.model, tie=False))
        right = generator.binomial(panel.traps, 0.5 if careless[rater] else HONEST_TRAP)
        kept += own if right == panel.traps else []
    return kept


def _asked(
    design: Design,
    stimuli: Sequence[Stimulus],
    rater: int,
    wanted: int,
    before: Sequence[PairAnswer],
    own: Sequence[PairAnswer],
) -> Iterator[Trial]:
    """The first questions of a session; adaptive ones are chosen anew before every batch, as a served study does.

    Of an adaptive session only the next batch is chosen: the contents come as in one over a ring.
    """
    if design.pairs != "adaptive":
        yield from session(design, stimuli, rater)[:wanted]
        return
    pictures = by_content(stimuli)
    content_of = {picture.name: content for content, listed in pictures.items() for picture in listed}
    contents = [content_of[trial.first] for trial in session(replace(design, pairs="sparse"), stimuli, rater)[:wanted]]
    models = sorted({stimulus.model for stimulus in stimuli})
    begun: list[Trial] = []
    while len(begun) < wanted:
        known = posterior(models, [*before, *own])
        choose = adaptive_choice(design.seed, pictures, rater, known, begun)
        for trial in [choose(content, 0) for content in contents[: len(begun) + len(models) - 1]][len(begun) :]:
            begun.append(trial)
            yield trial


def _most_telling(
    models: Sequence[str],
    contents: int,
    seed: int,
    rater: int,
    wanted: int,
    before: Sequence[PairAnswer],
    own: Sequence[PairAnswer],
) -> Iterator[Trial]:
    """Questions of which each has the largest expected information after all answers so far; contents go in turn."""
    generator = np.random.default_rng((seed, 9, rater))
    order = generator.permutation(contents)
    pairs = list(combinations(models, 2))
    asked = np.zeros((contents, len(pairs)), dtype=bool)
    for number in range(wanted):
        content = int(order[number % contents])
        gains = information(posterior(models, [*before, *own]), pairs) + 1e-9 * generator.random(len(pairs))
        best = int(np.argmax(np.where(asked[content] & ~asked[content].all(), -1.0, gains)))
        asked[content, best] = True
        yield Trial("trial", *(f"{content}_{model}" for model in pairs[best]))


def _truth(simulation: Simulation) -> Floats:
    quality = np.array(simulation.quality)
    return np.asarray(quality - quality.mean())


def _scores(answered: Sequence[PairAnswer], panel: Panel) -> tuple[Floats, float]:
    """Scores in the order of the models, and the mean half-width of their differences."""
    fit = pairs.fit(answered, "thurstone", clusters=("rater", "content"))
    order = [fit.items.index(model) for model in panel.simulation.models]
    reach = t_quantile(fit.robust_df) if fit.robust_df else float("nan")
    return fit.score[order], reach * float(np.mean([pair.standard_error for pair in fit.differences]))


def _found(way: str, asked: int, scores: Floats, half: float, truth: Floats) -> Found:
    order = np.argsort(truth)
    error = scores.mean(axis=0) - truth
    worst = int(np.abs(error).argmax())
    return Found(
        way=way,
        answers=asked,
        half=half,
        error=float(np.sqrt(np.mean((scores - truth) ** 2))),
        neighbours=float((np.diff(scores[:, order], axis=1) > 0).mean()),
        bias=float(abs(error[worst])) / _RANGE,
        bias_error=float(scores[:, worst].std(ddof=1) / np.sqrt(len(scores))) / _RANGE,
    )


def main() -> None:
    """Measure all tables and write them."""
    parser = argparse.ArgumentParser("benchmarks.pair_designs", description=__doc__.partition("\n")[0])
    parser.add_argument("--trials", type=int, default=30, help="number of simulated panels of each table")
    parser.add_argument("--out", type=Path, help="folder for pair-designs.md and pair-designs.json")
    arguments = parser.parse_args()
    tables = {title: list(rows) for title, rows in _tables(arguments.trials)}
    text = _page(tables, arguments.trials)
    print(text)
    if arguments.out:
        arguments.out.mkdir(parents=True, exist_ok=True)
        stored = {title: [asdict(row) for row in rows] for title, rows in tables.items()}
        record = {"srbench": __version__, "trials": arguments.trials, "tables": stored}
        (arguments.out / "pair-designs.json").write_text(json.dumps(record, indent=1) + "\n")
        (arguments.out / "pair-designs.md").write_text(text)


def _tables(trials: int) -> Iterator[tuple[str, Iterator[Found]]]:
    eight, sixteen = _simulation(8, 8), _simulation(16, 8)
    for simulation in (eight, sixteen):
        title = f"{len(simulation.models)} models, {simulation.images} contents, {simulation.raters} raters"
        rows = (of_pairs(Panel(simulation), design, trials) for design in (*DESIGNS, GREEDY))
        yield title, (row for row in (of_categories(Panel(simulation), trials), *rows))
        panel = Panel(simulation, share=0.8)
        yield f"{title}, as many pairs as it takes", (of_pairs(panel, design, trials) for design in DESIGNS)
    for traps in (0, 2, 5):
        panel = Panel(replace(eight, raters=80), careless=CARELESS, traps=traps)
        title = f"8 models, 8 contents, 80 raters of whom 30 % are careless, {traps} traps"
        yield title, (of_pairs(panel, design, trials) for design in DESIGNS)


def _simulation(models: int, images: int) -> Simulation:
    names = tuple(f"m{i:02d}" for i in range(models))
    return Simulation(names, tuple(np.linspace(1.6, 4.2, models).tolist()), images=images, raters=24)


def _page(tables: dict[str, list[Found]], trials: int) -> str:
    lines = []
    for title, rows in tables.items():
        lines += [f"## {title}", "", "| design | answers of a rater | ± difference | error | neighbours right | bias |"]
        lines.append("|---|---:|---:|---:|---:|---:|")
        for row in rows:
            lines.append(
                f"| {row.way} | {row.answers} | {row.half:.2f} | {row.error:.3f} | {100 * row.neighbours:.0f} % "
                f"| {row.bias:.3f} ± {row.bias_error:.3f} |"
            )
        lines.append("")
    return _HEAD.format(trials=trials) + "\n".join(lines)


_HEAD = """# Designs of paired comparison

`python -m benchmarks.pair_designs --out reports/survey` gives this page again: {trials} simulated panels for each row.

- **± difference**: half the 95 % interval of a difference between two models, over raters and images, in steps of the
  five-point scale; **error**: root mean square of the scores' errors, in steps; **bias**: largest error of a model's
  mean over all panels, as a share of the scale.
- **full**, **sparse** (a ring), **blocks** (rounds of a round robin) and **adaptive** (batches that are spanning trees
  of the models, chosen by all answers so far) are those of `srbench survey create --pairs`; of each, a rater gets the
  first questions of a session. **greedy** chooses the one most telling pair after every answer. The survey does not
  offer it: raters who answer at the same time would all be sent to one pair.
- Raters differ in taste for models (0.23 steps) and are inconsistent by 0.6 steps at each look; a pair takes two looks.
- Why a fifth of the answers does not reach the width of categories: of two equally good models, an answer tells
  at most 2 / pi / (2 s^2) about their difference (Fisher information, s the inconsistency of a look), a pair of votes
  1 / (2 s^2), so that a vote tells 1 / (4 s^2) and an answer 4 / pi = 1.27 times as much. A fifth of the answers has a
  quarter of the information, and what noise adds to an interval is twice as wide at best; what tastes and images add is
  the same. It needs about four fifths of the answers, or raters who compare more surely than they rate.
- Careless raters press scores together. Five traps, of which none may be missed, bring the bias to 0.02 of the scale;
  two leave 0.05 to 0.09.

"""

if __name__ == "__main__":
    main()
