"""Paired comparison: which of two pictures of one content looks better. Analysed by the Bradley-Terry model."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from srbench.core.wording import counted
from srbench.errors import BadStudy, UserError
from srbench.ratings import pairs
from srbench.ratings.files import Ratings
from srbench.ratings.model_differences import Test
from srbench.ratings.options import Options
from srbench.ratings.pair_checks import first_answers
from srbench.ratings.pair_scores import Cluster
from srbench.ratings.power import Detectable, detectable_by_error
from srbench.ratings.simulation import Simulation
from srbench.ratings.votes import Stimulus
from srbench.survey.adaptive import ScorePosterior, adaptive_choice, posterior
from srbench.survey.design import Content, Design, Trial
from srbench.survey.method import Choose, Method, against_best
from srbench.survey.methods.pair.answers import comparisons, missed_traps, without
from srbench.survey.methods.pair.panel import simulated_comparisons
from srbench.survey.methods.pair.ring import ring
from srbench.survey.methods.pair.words import IN_TURN, SIDE_BY_SIDE
from srbench.survey.responses import Response
from srbench.survey.scores import ExpectedWidths, ModelScore, ScreeningOutcome, finite_mean, scores_in_order
from srbench.survey.simulated_rater import SimulatedRater
from srbench.survey.wording import Wording

_PANELS = 3
_TRAP_RULE = (
    "Raters were screened by the trap rule (any pair of an original and a worst picture answered wrongly; {answers} "
    "answers on traps, which do not count otherwise), which rejected {who}."
)
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

    def wording(self, design: Design) -> Wording:
        """Return the words for two pictures side by side, or for two in turn."""
        words = IN_TURN if design.display == "toggle" else SIDE_BY_SIDE
        return replace(words, buttons=tuple(b for b in words.buttons if b.value != "tie" or design.ties))

    def questions(self, design: Design, pictures: Mapping[Content, Sequence[Stimulus]]) -> dict[Content, list[Trial]]:
        """Return one trial for each pair of models, or for each pair on a ring."""
        models = len(next(iter(pictures.values())))
        if models < 2:
            raise BadStudy("there is one model; pairs need at least two")
        chosen = list(combinations(range(models), 2)) if design.pairs == "full" else ring(models)
        return {c: [Trial("trial", p[i].name, p[j].name) for i, j in chosen] for c, p in pictures.items()}

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
        # Answers on traps are left out by the export, which needs to know the rated pictures alone.
        answered = comparisons({stimulus.name: stimulus for stimulus in stimuli}, responses())
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

    def export(
        self, design: Design, name: str, stimuli: Mapping[str, Stimulus], responses: Sequence[Response]
    ) -> Ratings:
        """Return comparisons without the traps."""
        del design
        return Ratings(name, pairs=comparisons(stimuli, responses))

    def model_scores(self, ratings: Ratings) -> tuple[ModelScore, ...]:
        """Return Bradley-Terry scores, with intervals over raters and contents."""
        fit = pairs.fit(first_answers(ratings.pairs), clusters=_CLUSTERS) if ratings.pairs else None
        if fit is None or fit.problem:
            return ()
        half = [float(h) if np.isfinite(h) else None for h in fit.half]
        return tuple(ModelScore(fit.items[i], float(fit.score[i]), half[i]) for i in fit.order)

    def screening(
        self, design: Design, stimuli: Mapping[str, Stimulus], responses: Sequence[Response], ratings: Ratings
    ) -> tuple[ScreeningOutcome, ...]:
        """Return what leaving out the raters who missed a trap would change."""
        rejected = missed_traps(stimuli, responses)
        models = self.model_scores(ratings)
        kept = self.model_scores(replace(ratings, pairs=without(ratings, rejected))) if rejected else models
        reason = "" if design.traps else "the study has no traps"
        return (ScreeningOutcome("traps", rejected, scores_in_order(models, kept), reason),)

    def analysed(
        self, ratings: Ratings, rules: str, stimuli: Mapping[str, Stimulus], responses: Sequence[Response]
    ) -> tuple[Ratings, Options]:
        """Return the comparisons of the raters who missed no trap, with a note that names the others."""
        if rules not in ("", "traps", "none"):
            raise UserError(f"--screen {rules} is no rule for pairs; expected traps or none")
        present = {comparison.rater for comparison in ratings.pairs}
        missed = [rater for rater in missed_traps(stimuli, responses) if rater in present]
        asked = sum(response.kind == "trap" for response in responses)
        if rules == "none" or not asked:
            return ratings, Options()
        if not missed:
            return replace(ratings, screening=_TRAP_RULE.format(answers=asked, who="nobody")), Options()
        kept = without(ratings, missed)
        if not kept:
            raise BadStudy(f"every rater of {ratings.name} missed a trap; --screen none keeps them")
        who = f"{counted(len(missed), 'rater')} who missed a trap question {'is' if len(missed) == 1 else 'are'}"
        note = f"{who} left out: {', '.join(missed)}"
        rejected = f"{len(missed)} of {counted(len(present), 'rater')} ({', '.join(missed)})"
        said = _TRAP_RULE.format(answers=asked, who=rejected)
        return replace(ratings, pairs=kept, notes=(*ratings.notes, note), screening=said), Options()


METHOD = PairedComparison()
