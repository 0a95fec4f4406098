"""Methods that ask for a category or a score: single votes on a scale, analysed by their means."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from srbench.ratings import mos, screening
from srbench.ratings.files import Ratings
from srbench.ratings.options import Options
from srbench.ratings.simulation import Simulation, simulate
from srbench.ratings.votes import Stimulus, Votes
from srbench.survey.design import Content, Design, Trial
from srbench.survey.method import Method
from srbench.survey.responses import Response
from srbench.survey.scores import ExpectedWidths, ModelScore, ScreeningOutcome, finite_mean, scores_in_order
from srbench.survey.simulated_rater import SimulatedRater

_PANELS = 10
_DEFAULT_RULES = "bt500"


class CategoryMethod(Method):
    """A method whose answers are scores of single pictures; a subclass adds its words."""

    def questions(self, design: Design, pictures: Mapping[Content, Sequence[Stimulus]]) -> dict[Content, list[Trial]]:
        """Return one trial for each picture."""
        del design
        return {content: [Trial("trial", p.name) for p in listed] for content, listed in pictures.items()}

    def traps(self, design: Design, anchors: Sequence[Stimulus]) -> list[Trial]:
        """Return one trial for each anchor."""
        return [Trial("trap", picture.name) for picture in anchors]

    def practice(self, design: Design, calibration: Sequence[Stimulus]) -> list[Trial]:
        """Return one trial for each picture between the ends of the scale, and one for each end."""
        ends = {p.expected: p for p in calibration if p.expected is not None}
        between = [p for p in calibration if p.expected is None]
        return [Trial("practice", p.name) for p in (*between, *ends.values())]

    def simulated_answer(self, design: Design, trial: Trial, rater: SimulatedRater) -> str:
        """Return the category that is nearest to what the rater sees; careless raters press any button."""
        scale = self.scale(design)
        if rater.careless:
            return str(rater.generator.choice(scale.categories()))
        score = scale.low + rater.sees(trial.first) * (scale.high - scale.low)
        return str(int(np.clip(np.rint(score), scale.low, scale.high)))

    def expected_widths(self, design: Design, stimuli: Sequence[Stimulus], simulation: Simulation) -> ExpectedWidths:
        """Return mean widths over ten simulated panels."""
        del stimuli
        panel = simulation.on(self.scale(design))
        pictures: list[float | None] = []
        models: list[float | None] = []
        for seed in range(_PANELS):
            votes = simulate(replace(panel, seed=seed)).votes
            opinion = mos.mos(votes)
            pictures.append(finite_mean(opinion.half.tolist()))
            models.append(finite_mean([group.half for group in mos.model_means(opinion, votes)]))
        return ExpectedWidths(finite_mean(pictures), finite_mean(models), _PANELS)

    def export(
        self, design: Design, name: str, stimuli: Mapping[str, Stimulus], responses: Sequence[Response]
    ) -> Ratings:
        """Return votes: repeats are second votes, traps have their expected score."""
        names = list(dict.fromkeys(response.first for response in responses))
        raters = list(dict.fromkeys(response.rater for response in responses))
        stimulus_index, rater_index = ({key: i for i, key in enumerate(keys)} for keys in (names, raters))
        votes = Votes(
            stimuli=tuple(stimuli[key] for key in names),
            raters=tuple(raters),
            stimulus=np.array([stimulus_index[response.first] for response in responses]),
            rater=np.array([rater_index[response.rater] for response in responses]),
            repetition=np.array(_times_seen(responses)),
            score=np.array([float(response.value) for response in responses]),
            seconds=np.array([response.seconds for response in responses]),
            order=np.array([response.position + 1.0 for response in responses]),
            scale=self.scale(design),
        )
        return Ratings(name, votes=votes)

    def model_scores(self, ratings: Ratings) -> tuple[ModelScore, ...]:
        """Return mean opinion scores; repeated votes count by their mean, as in the analysis."""
        assert ratings.votes is not None
        return _means(ratings.votes.judged())

    def screening(
        self, design: Design, stimuli: Mapping[str, Stimulus], responses: Sequence[Response], ratings: Ratings
    ) -> tuple[ScreeningOutcome, ...]:
        """Return the outcome of every rule of the analysis."""
        del design, stimuli, responses
        assert ratings.votes is not None
        judged = ratings.votes.judged()
        if not len(judged):
            return ()
        models = self.model_scores(ratings)
        outcomes = []
        for verdict in screening.verdicts(ratings.votes, judged):
            kept = _means(judged.without(verdict.rejected)) if verdict.rejected else models
            scores = scores_in_order(models, kept)
            outcomes.append(ScreeningOutcome(verdict.rule, verdict.rejected, scores, verdict.reason))
        return tuple(outcomes)

    def analysed(
        self, ratings: Ratings, rules: str, stimuli: Mapping[str, Stimulus], responses: Sequence[Response]
    ) -> tuple[Ratings, Options]:
        """Return all votes; the analysis rejects raters itself, by ITU-R BT.500 where nothing else was asked for."""
        del stimuli, responses
        chosen = [rule.strip() for rule in (rules or _DEFAULT_RULES).split(",")]
        return ratings, Options(screen=tuple(rule for rule in chosen if rule and rule != "none"))


def _times_seen(responses: Sequence[Response]) -> list[int]:
    """Return how many times its rater has seen the picture of each answer, this time included."""
    seen: Counter[tuple[str, str]] = Counter()
    numbers = []
    for response in responses:
        seen[response.rater, response.first] += 1
        numbers.append(seen[response.rater, response.first])
    return numbers


def _means(judged: Votes) -> tuple[ModelScore, ...]:
    prepared = mos.prepare(judged, "mean")
    means = mos.model_means(mos.mos(prepared), prepared) if len(prepared) else []
    models = [ModelScore(group.model, group.mean, group.half) for group in means if not group.dataset]
    return tuple(sorted(models, key=lambda model: -model.score))
