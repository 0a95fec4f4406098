"""Methods that ask for a category or a score: single votes on a scale, analysed by their means."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from srbench.ratings import mos, screening
from srbench.ratings.files import Ratings
from srbench.ratings.options import Options
from srbench.ratings.rules import RULES
from srbench.ratings.screening import Verdict
from srbench.ratings.simulation import Simulation, simulate
from srbench.ratings.votes import Scale, Stimulus, Votes
from srbench.survey.method import Method
from srbench.survey.plan.design import Content, Design, Trial
from srbench.survey.responses import Response
from srbench.survey.scores import ExpectedWidths, ModelScore, finite_mean
from srbench.survey.simulation.rater import SimulatedRater

_PANELS = 10


class CategoryMethod(Method):
    """A method whose answers are scores of single pictures; a subclass adds its words."""

    rules = RULES
    default_rules = ("bt500",)
    options = frozenset({"categories"})

    def scale(self, design: Design) -> Scale:
        """Return the numbers of the categories: from 1, and of eleven from 0."""
        return Scale(0, 10) if design.categories == 11 else Scale(1, design.categories)

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

    def subject(self, pictures: Sequence[str], stimuli: Mapping[str, Stimulus]) -> str:
        """Return the name of the picture that an answer is about, of those of a trial."""
        del stimuli
        return pictures[0]

    def rated(self, trial: Trial, stimuli: Mapping[str, Stimulus]) -> tuple[str, ...]:
        """Return the picture that the answer is about."""
        return (self.subject(trial.pictures, stimuli),)

    def scores(self, stimuli: Mapping[str, Stimulus], response: Response) -> list[tuple[str, float]]:
        """Return the pictures that an answer scores, by their names, with their scores."""
        return [(self.subject(response.pictures, stimuli), float(response.value))]

    def simulated_answer(self, design: Design, trial: Trial, rater: SimulatedRater) -> str:
        """Return the category that is nearest to what the rater sees; careless raters press any button."""
        return str(self.simulated_score(design, self.subject(trial.pictures, rater.stimuli), rater))

    def simulated_score(self, design: Design, picture: str, rater: SimulatedRater) -> int:
        """Return the whole number of the scale that is nearest to one look at a picture."""
        scale = self.scale(design)
        if rater.careless:
            return int(rater.generator.choice(scale.categories()))
        score = scale.low + rater.sees(picture) * (scale.high - scale.low)
        return int(np.clip(np.rint(score), scale.low, scale.high))

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
        scored = [(response, *one) for response in responses for one in self.scores(stimuli, response)]
        names = list(dict.fromkeys(picture for _, picture, _ in scored))
        raters = list(dict.fromkeys(response.rater for response in responses))
        stimulus_index, rater_index = ({key: i for i, key in enumerate(keys)} for keys in (names, raters))
        votes = Votes(
            stimuli=tuple(stimuli[key] for key in names),
            raters=tuple(raters),
            stimulus=np.array([stimulus_index[picture] for _, picture, _ in scored]),
            rater=np.array([rater_index[response.rater] for response, _, _ in scored]),
            repetition=np.array(_times_seen([(response.rater, picture) for response, picture, _ in scored])),
            score=np.array([score for _, _, score in scored]),
            seconds=np.array([response.seconds for response, _, _ in scored]),
            order=np.array([response.position + 1.0 for response, _, _ in scored]),
            scale=self.scale(design),
        )
        return Ratings(name, votes=votes, asked=self.described(design))

    def missed_trap(self, design: Design, stimuli: Mapping[str, Stimulus], response: Response) -> bool:
        """Return whether a vote is further than one step of the scale from the expected one."""
        step = self.scale(design).step
        expected = ((stimuli[picture].expected, score) for picture, score in self.scores(stimuli, response))
        return any(score is not None and abs(given - score) > step for score, given in expected)

    def model_scores(self, ratings: Ratings) -> tuple[ModelScore, ...]:
        """Return mean opinion scores; repeated votes count by their mean, as in the analysis."""
        assert ratings.votes is not None
        return _means(ratings.votes.judged())

    def verdicts(self, ratings: Ratings) -> Sequence[Verdict]:
        """Return the verdicts of every rule of the analysis; repeated votes count by their mean there too."""
        assert ratings.votes is not None
        judged = mos.prepare(ratings.votes.judged(), "mean")
        return screening.verdicts(ratings.votes, judged) if len(judged) else ()

    def analysed(self, ratings: Ratings, rules: tuple[str, ...]) -> tuple[Ratings, Options]:
        """Return all votes; the analysis rejects raters itself."""
        return ratings, Options(screen=rules)


def _times_seen(views: Sequence[tuple[str, str]]) -> list[int]:
    """Return how many times a rater has seen a picture at each view, this one included."""
    seen: Counter[tuple[str, str]] = Counter()
    numbers = []
    for view in views:
        seen[view] += 1
        numbers.append(seen[view])
    return numbers


def _means(judged: Votes) -> tuple[ModelScore, ...]:
    prepared = mos.prepare(judged, "mean")
    means = mos.model_means(mos.mos(prepared), prepared) if len(prepared) else []
    models = [ModelScore(group.model, group.mean, group.half) for group in means if not group.dataset]
    return tuple(sorted(models, key=lambda model: -model.score))
