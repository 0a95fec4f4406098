"""Plain triplets: two pictures side by side, the original in their places at a press of a key."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import ClassVar

import numpy as np

from srbench.errors import BadStudy
from srbench.ratings import jnd, triplet_traps
from srbench.ratings.files import Ratings
from srbench.ratings.model_differences import Test
from srbench.ratings.options import Options
from srbench.ratings.power import Detectable, detectable_by_error
from srbench.ratings.screening import Verdict
from srbench.ratings.simulation import Simulation
from srbench.ratings.triplets import Form
from srbench.ratings.votes import Stimulus
from srbench.survey.method import Method, against_best, required_reference
from srbench.survey.methods.pair.ring import ring
from srbench.survey.methods.triplet.answers import answer, form
from srbench.survey.methods.triplet.words import PLAIN
from srbench.survey.plan.boost import plain_name
from srbench.survey.plan.design import Content, Design, Trial
from srbench.survey.plan.wording import Wording
from srbench.survey.responses import Part, Response
from srbench.survey.scores import ExpectedWidths, ModelScore, finite_mean
from srbench.survey.simulation.panel import of_study, simulated_responses
from srbench.survey.simulation.rater import SimulatedRater

_UNSURE = 0.05
"""Difference of two looks, of the length of the scale, below which a simulated rater is not sure."""
_PARTS = {"left": ("1", "0"), "unsure": ("0.5", "0.5"), "right": ("0", "1")}


class Triplet(Method):
    """Which of two pictures of one content differs more from the original, or not sure.

    The original is among the pictures that are compared, since its distance is 0. On each content one question shows a
    picture beside itself, by which a bias to one side is seen.
    """

    title = "two pictures and their original, which one differs more from it (JPEG AIC-3)"
    options = frozenset({"pairs"})
    rules = ("traps",)
    default_rules: ClassVar[tuple[str, ...]] = ()
    references = "shown"
    pictures_per_trial = 2
    counts_sides = True
    score_name = "JND"
    score_heading = "JND to the original"
    score_unit = "JND"
    scores_pictures = False
    response_noun = "answers"
    stimulus_template = "triplet.html"
    assets = ("triplet.js",)

    def described(self, design: Design) -> str:
        """Name the standard, and what it covers."""
        del design
        return (
            "Raters saw two pictures of one content side by side, and the original in both places as long as they "
            "held a key, and said which of the two differed more from it, or that they were not sure (plain triplets "
            "after ISO/IEC 29170-3, JPEG AIC-3). The standard covers artefacts of coding only; its use for "
            "super-resolution is this study's own."
        )

    def wording(self, design: Design) -> Wording:
        """Return the question and its three answers."""
        del design
        return PLAIN

    def questions(self, design: Design, pictures: Mapping[Content, Sequence[Stimulus]]) -> dict[Content, list[Trial]]:
        """Return one trial for each pair of the models and the original, and one with a picture beside itself."""
        if design.pairs not in ("full", "sparse"):
            raise BadStudy(f"triplets are not chosen by --pairs {design.pairs}; expected full or sparse")
        trials = {}
        for number, (content, listed) in enumerate(pictures.items()):
            original = required_reference(content, listed, "triplet")
            chosen = combinations(range(len(listed)), 2) if design.pairs == "full" else ring(len(listed))
            asked = [Trial("trial", listed[i].name, listed[j].name, (original,)) for i, j in chosen]
            models = [picture.name for picture in listed if not picture.reference]
            double = models[number % len(models)]
            trials[content] = [*asked, Trial("bias", double, double, (original,))]
        return trials

    def traps(self, design: Design, anchors: Sequence[Stimulus]) -> list[Trial]:
        """Return the worst picture beside the original of its content."""
        del design
        return [Trial("trap", worse.name, best.name, (best.name,)) for worse, best in against_best(anchors)]

    def practice(self, design: Design, calibration: Sequence[Stimulus]) -> list[Trial]:
        """Return each calibration picture beside the original of its content, the sides exchanged in turn."""
        pairs = against_best(calibration)
        trials = [Trial("practice", worse.name, best.name, (best.name,)) for worse, best in pairs]
        return [self.mirrored(design, trial, turn) for turn, trial in enumerate(trials)]

    def mirrored(self, design: Design, trial: Trial, turn: int) -> Trial:
        """Exchange left and right on every second turn."""
        del design
        return replace(trial, first=trial.second, second=trial.first) if turn % 2 else trial

    def rated(self, trial: Trial, stimuli: Mapping[str, Stimulus]) -> tuple[str, ...]:
        """Return the two that are compared, by their plain names."""
        del stimuli
        return plain_name(trial.first), plain_name(trial.second)

    def simulated_answer(self, design: Design, trial: Trial, rater: SimulatedRater) -> str:
        """Return which looks worse at one look at each; careless raters press any button."""
        if rater.careless:
            return str(rater.generator.choice(self.values(design)))
        gap = rater.sees(trial.second) - rater.sees(trial.first)
        return "unsure" if abs(gap) < _UNSURE else "left" if gap > 0 else "right"

    def expected_widths(self, design: Design, stimuli: Sequence[Stimulus], simulation: Simulation) -> ExpectedWidths:
        """Return the widths of one panel that goes through the sessions of this design."""
        by_name = {stimulus.name: stimulus for stimulus in stimuli}
        panel = of_study(stimuli, simulation, own=True)  # the original is one of the pictures that are compared
        responses = simulated_responses(design, stimuli, panel)
        fit = jnd.fit(self.export(design, "panel", by_name, responses).triplets)
        means = fit.means()
        errors = [fit.difference_error(a, b) for (a, *_), (b, *_) in combinations(means, 2)]
        df = len(fit.raters) - 1
        return ExpectedWidths(None, finite_mean([half for *_, half in means]), 1, finite_mean(errors), df or None)

    def detectable(self, design: Design, simulation: Simulation, widths: ExpectedWidths, test: Test) -> Detectable:
        """Return the difference in JND that t tests with the simulated panel's errors will find."""
        del design, test
        return detectable_by_error(widths.difference_error, widths.difference_df, len(simulation.models))

    def parts(self, design: Design, stimuli: Mapping[str, Stimulus], response: Response) -> tuple[Part, ...]:
        """Return both pictures: 1 for the one that differs more, 0.5 for each where the rater was not sure."""
        del design, stimuli
        values = (*_PARTS.get(response.value, ("", "")), "")
        return tuple(map(Part, ("left", "right", "reference"), response.pictures, values))

    def form(self, response: Response) -> Form:
        """Return the form in which a rater saw a trial."""
        return form(response)

    def missed_trap(self, design: Design, stimuli: Mapping[str, Stimulus], response: Response) -> bool:
        """Return whether a rater did not see that the worst picture differs more than the original."""
        del design
        return answer(stimuli, response).missed

    def export(
        self, design: Design, name: str, stimuli: Mapping[str, Stimulus], responses: Sequence[Response]
    ) -> Ratings:
        """Return all answers, those on traps and bias questions too: the analysis uses them."""
        answers = tuple(answer(stimuli, response) for response in responses)
        return Ratings(name, triplets=answers, asked=self.described(design))

    def model_scores(self, ratings: Ratings) -> tuple[ModelScore, ...]:
        """Return minus the models' mean distances, so that higher is better; 0 is the original.

        Boosted distances are not plain ones: where there are answers of both forms, the boosted ones count here.
        """
        asked = {answer.form for answer in ratings.triplets if answer.kind == "trial"}
        if not asked:
            return ()
        shown = min(asked)  # "boosted" before "plain"
        means = jnd.fit([answer for answer in ratings.triplets if answer.form == shown]).means()
        return tuple(ModelScore(m, -score, None if np.isnan(half) else half) for m, score, half in means)

    def verdicts(self, ratings: Ratings) -> Sequence[Verdict]:
        """Return who missed more than half of the traps."""
        return (triplet_traps.verdict(ratings.triplets),)

    def analysed(self, ratings: Ratings, rules: tuple[str, ...]) -> tuple[Ratings, Options]:
        """Return the answers of the raters whom the rules leave."""
        rejected = self.rejected(ratings, rules)
        kept = ratings.without(rejected)
        if not kept.triplets:
            raise BadStudy(
                f"every rater of {ratings.name} missed more than half of the traps; --screen none keeps them"
            )
        said = triplet_traps.sentence(rejected) if rules else ""
        return replace(kept, screening=said), Options()


METHOD = Triplet()
