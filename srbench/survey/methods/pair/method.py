"""Paired comparison: which of two pictures of one content looks better. Analysed by the Bradley-Terry model."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import chain, combinations

import numpy as np

from srbench.errors import BadStudy
from srbench.ratings import pair_traps, pairs
from srbench.ratings.files import Ratings
from srbench.ratings.model_differences import Test
from srbench.ratings.options import Options
from srbench.ratings.pair_checks import first_answers
from srbench.ratings.pair_scores import Cluster
from srbench.ratings.power import Detectable, detectable_by_error
from srbench.ratings.screening import Verdict
from srbench.ratings.simulation import Simulation
from srbench.ratings.votes import Stimulus
from srbench.survey.method import Choose, Method, against_best
from srbench.survey.methods.pair.answers import answer, comparisons
from srbench.survey.methods.pair.blocks import block, round_robin
from srbench.survey.methods.pair.panel import simulated_comparisons
from srbench.survey.methods.pair.ring import ring
from srbench.survey.methods.pair.words import IN_TURN, SIDE_BY_SIDE
from srbench.survey.plan.adaptive import ScorePosterior, adaptive_choice, posterior
from srbench.survey.plan.design import Content, Design, Trial
from srbench.survey.plan.wording import Wording
from srbench.survey.responses import Part, Response
from srbench.survey.scores import ExpectedWidths, ModelScore, finite_mean
from srbench.survey.simulation.rater import SimulatedRater

_PANELS = 3
_PARTS = {"first": ("1", "0"), "second": ("0", "1"), "tie": ("0.5", "0.5")}
_CLUSTERS: tuple[Cluster, ...] = ("rater", "content")


class PairedComparison(Method):
    """Paired comparison of two models on one content, with or without "no difference"."""

    title = "two pictures, which one is better"
    options = frozenset({"display", "pairs", "ties"})
    pictures_per_trial = 2
    counts_sides = True
    score_name = "Bradley-Terry"
    score_heading = "Bradley-Terry (log odds)"
    score_unit = "log odds"
    scores_pictures = False
    response_noun = "answers"

    def described(self, design: Design) -> str:
        """Say what was compared, how, and which pairs."""
        how = "in turn at one place" if design.display == "toggle" else "side by side"
        tie = "with" if design.ties else "without"
        return (
            f"Raters saw two models' pictures of one content {how} and chose the better one, {tie} a tie as an answer."
        )

    def wording(self, design: Design) -> Wording:
        """Return the words for two pictures side by side, or for two in turn."""
        words = IN_TURN if design.display == "toggle" else SIDE_BY_SIDE
        return replace(words, buttons=tuple(b for b in words.buttons if b.value != "tie" or design.ties))

    def questions(self, design: Design, pictures: Mapping[Content, Sequence[Stimulus]]) -> dict[Content, list[Trial]]:
        """Return one trial for each pair of models, in rounds for blocks, or for each pair on a ring."""
        models = len(next(iter(pictures.values())))
        if models < 2:
            raise BadStudy("there is one model; pairs need at least two")
        match design.pairs:
            case "full":
                chosen = list(combinations(range(models), 2))
            case "blocks":
                chosen = list(chain.from_iterable(round_robin(models)))
            case _:
                chosen = ring(models)
        return {c: [Trial("trial", p[i].name, p[j].name) for i, j in chosen] for c, p in pictures.items()}

    def block(self, design: Design, models: int, turn: int) -> list[tuple[int, int]] | None:
        """Return some rounds of a round robin, for balanced blocks."""
        return block(models, turn) if design.pairs == "blocks" else None

    def traps(self, design: Design, anchors: Sequence[Stimulus]) -> list[Trial]:
        """Return each anchor against the original of its content."""
        return [Trial("trap", worse.name, best.name) for worse, best in against_best(anchors)]

    def practice(self, design: Design, calibration: Sequence[Stimulus]) -> list[Trial]:
        """Return each calibration picture against the best of its content, the sides exchanged in turn."""
        best = {s.content: s for s in sorted(calibration, key=lambda s: s.expected or 0.0)}
        return [
            self.mirrored(design, Trial("practice", picture.name, best[picture.content].name), turn)
            for turn, picture in enumerate(calibration)
            if picture is not best[picture.content]
        ]

    def mirrored(self, design: Design, trial: Trial, turn: int) -> Trial:
        """Exchange left and right on every second turn."""
        del design
        return replace(trial, first=trial.second, second=trial.first) if turn % 2 else trial

    def rated(self, trial: Trial, stimuli: Mapping[str, Stimulus]) -> tuple[str, ...]:
        """Return both pictures."""
        del stimuli
        return trial.first, trial.second

    def posterior(
        self, design: Design, stimuli: Sequence[Stimulus], responses: Callable[[], Sequence[Response]]
    ) -> ScorePosterior | None:
        """Return the models' scores as all answers so far tell them, for adaptive pairs."""
        if design.pairs != "adaptive":
            return None
        named = {stimulus.name: stimulus for stimulus in stimuli}
        answered = comparisons(named, [response for response in responses() if response.kind != "trap"])
        return posterior(sorted({stimulus.model for stimulus in stimuli}), first_answers(answered))

    def adaptive_choice(
        self,
        design: Design,
        pictures: Mapping[Content, Sequence[Stimulus]],
        rater: int,
        known: ScorePosterior | None,
        begun: Sequence[Trial],
    ) -> Choose | None:
        """Return a choice by expected information, for adaptive pairs."""
        return adaptive_choice(design.seed, pictures, rater, known, begun) if design.pairs == "adaptive" else None

    def simulated_answer(self, design: Design, trial: Trial, rater: SimulatedRater) -> str:
        """Return which of the two looks better at one look at each; careless raters press any button."""
        if rater.careless:
            return str(rater.generator.choice(self.values(design)))
        return "first" if rater.sees(trial.first) >= rater.sees(trial.second) else "second"

    def batch_size(self, design: Design, stimuli: Sequence[Stimulus]) -> int:
        """Return the number of pairs in a spanning tree of the models, for adaptive pairs."""
        return max(1, len({s.model for s in stimuli}) - 1) if design.pairs == "adaptive" else 0

    def expected_widths(self, design: Design, stimuli: Sequence[Stimulus], simulation: Simulation) -> ExpectedWidths:
        """Return the mean width over three panels that go through the sessions of this design."""
        fits = [
            pairs.fit(simulated_comparisons(design, stimuli, replace(simulation, seed=seed)), clusters=_CLUSTERS)
            for seed in range(_PANELS)
        ]
        usable = [fit for fit in fits if not fit.problem and fit.robust_df]
        widths = [finite_mean(fit.half.tolist()) for fit in usable]
        errors = [finite_mean([pair.standard_error for pair in fit.differences]) for fit in usable]
        df = min((fit.robust_df for fit in usable if fit.robust_df), default=None)
        return ExpectedWidths(None, finite_mean(widths), _PANELS, finite_mean(errors), df)

    def detectable(self, design: Design, simulation: Simulation, widths: ExpectedWidths, test: Test) -> Detectable:
        """Return the difference in log odds that t tests with the simulated panels' errors will find."""
        del design, test
        return detectable_by_error(widths.difference_error, widths.difference_df, len(simulation.models))

    def parts(self, design: Design, stimuli: Mapping[str, Stimulus], response: Response) -> tuple[Part, ...]:
        """Return both pictures: 1 for the one that was preferred, 0 for the other, 0.5 for each of two alike."""
        del stimuli
        sides = ("first", "second") if design.display == "toggle" else ("left", "right")
        values = _PARTS.get(response.value, ("", ""))
        return tuple(map(Part, sides, response.pictures, values))

    def missed_trap(self, design: Design, stimuli: Mapping[str, Stimulus], response: Response) -> bool:
        """Return whether a rater did not see that the original beats the worst picture."""
        return answer(stimuli, response).missed

    def export(
        self, design: Design, name: str, stimuli: Mapping[str, Stimulus], responses: Sequence[Response]
    ) -> Ratings:
        """Return comparisons, and those on traps apart."""
        answers = comparisons(stimuli, responses)
        pairs, traps = (tuple(a for a in answers if bool(a.expected) == trap) for trap in (False, True))
        return Ratings(name, pairs=pairs, pair_traps=traps, asked=self.described(design))

    def model_scores(self, ratings: Ratings) -> tuple[ModelScore, ...]:
        """Return Bradley-Terry scores, with intervals over raters and contents."""
        fit = pairs.fit(first_answers(ratings.pairs), clusters=_CLUSTERS) if ratings.pairs else None
        if fit is None or fit.problem:
            return ()
        half = [float(h) if np.isfinite(h) else None for h in fit.half]
        return tuple(ModelScore(fit.items[i], float(fit.score[i]), half[i]) for i in fit.order)

    def verdicts(self, ratings: Ratings) -> Sequence[Verdict]:
        """Return the raters who missed a trap."""
        return (pair_traps.verdict(ratings),)

    def analysed(self, ratings: Ratings, rules: tuple[str, ...]) -> tuple[Ratings, Options]:
        """Return the comparisons of the raters who missed no trap, with a note that names the others."""
        return (pair_traps.screened(ratings) if rules else ratings), Options()


METHOD = PairedComparison()
