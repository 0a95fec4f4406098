"""What follows from raters' answers, method by method: ratings, screening, scores."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from typing import ClassVar

from srbench.errors import UserError
from srbench.ratings.files import Ratings
from srbench.ratings.options import Options
from srbench.ratings.screening import Verdict
from srbench.ratings.triplets import Form
from srbench.ratings.votes import Stimulus
from srbench.survey.plan.design import Design
from srbench.survey.responses import Part, Response
from srbench.survey.scores import ModelScore, ScreeningOutcome, scores_in_order


class AnswerAnalysis(ABC):
    """How the answers of a test method become ratings, and whose ratings count.

    Attributes:
        score_name: Name of a model's score.
        score_heading: Name of a model's score with its unit, for the head of a column.
        score_unit: Unit of a model's score.
        scores_pictures: Whether single pictures have scores, and not models alone.
        response_noun: What one answer is called, in the plural.
        rules: Names of the screening rules that can be used on its ratings.
        default_rules: Those that are used where a plan names none.
    """

    score_name: ClassVar[str] = "MOS"
    score_heading: ClassVar[str] = "MOS"
    score_unit: ClassVar[str] = "steps"
    scores_pictures: ClassVar[bool] = True
    response_noun: ClassVar[str] = "votes"
    rules: ClassVar[tuple[str, ...]] = ("traps",)
    default_rules: ClassVar[tuple[str, ...]] = ("traps",)

    def parts(self, design: Design, stimuli: Mapping[str, Stimulus], response: Response) -> tuple[Part, ...]:
        """Return what an answer says of each picture that its trial showed, in the order of `Response.pictures`.

        Here the answer is about the first picture; those beside it are for comparison.
        """
        del design, stimuli
        if len(response.pictures) == 1:
            return (Part("single", response.first, response.value),)
        others = [Part("reference", name, "") for name in response.pictures[1:]]
        return (Part("rated", response.first, response.value), *others)

    def form(self, response: Response) -> Form | None:
        """Return the form in which a rater saw a trial; None where the method has one alone."""
        del response
        return None

    @abstractmethod
    def missed_trap(self, design: Design, stimuli: Mapping[str, Stimulus], response: Response) -> bool:
        """Return whether the answer to a trap is not the one of an attentive rater."""

    @abstractmethod
    def export(
        self, design: Design, name: str, stimuli: Mapping[str, Stimulus], responses: Sequence[Response]
    ) -> Ratings:
        """Return answers as the ratings that the analysis reads.

        Args:
            design: Design of the study.
            name: Name of the study.
            stimuli: Pictures by name.
            responses: Answers; practice is never stored, repeats and traps are among them.

        Returns:
            Ratings that `verdicts` and `analysed` can use: answers on traps are told from the others.
        """

    @abstractmethod
    def model_scores(self, ratings: Ratings) -> tuple[ModelScore, ...]:
        """Return the models' scores with their intervals, best first; nothing where they cannot be computed yet."""

    @abstractmethod
    def verdicts(self, ratings: Ratings) -> Sequence[Verdict]:
        """Return whom each screening rule would reject, in the order of `rules`."""

    def screening(self, ratings: Ratings, models: Sequence[ModelScore]) -> tuple[ScreeningOutcome, ...]:
        """Return the scores of models without any screening, and with each screening rule alone."""
        everybody = self.model_scores(ratings)
        outcomes = [ScreeningOutcome("none", (), scores_in_order(models, everybody))]
        for verdict in self.verdicts(ratings):
            kept = self.model_scores(ratings.without(verdict.rejected)) if verdict.rejected else everybody
            scores = scores_in_order(models, kept)
            outcomes.append(ScreeningOutcome(verdict.rule, verdict.rejected, scores, verdict.reason))
        return tuple(outcomes)

    def rejected(self, ratings: Ratings, rules: Collection[str]) -> tuple[str, ...]:
        """Return the raters whom any of these rules rejects."""
        verdicts = self.verdicts(ratings) if rules else ()
        return tuple(dict.fromkeys(rater for v in verdicts if v.rule in rules for rater in v.rejected))

    def planned_rules(self, design: Design) -> tuple[str, ...]:
        """Return the screening rules that the plan names, or the usual ones of a plan that names none."""
        return self.default_rules if design.screen is None else design.screen

    def check_rules(self, rules: Collection[str]) -> None:
        """Refuse a screening rule that this method does not have.

        Raises:
            UserError: There is one.
        """
        for rule in rules:
            if rule not in self.rules:
                expected = f"{', '.join(self.rules)}, or none"
                raise UserError(f"'{rule}' is no screening rule for {self.response_noun} of this study; {expected}")

    @abstractmethod
    def analysed(self, ratings: Ratings, rules: tuple[str, ...]) -> tuple[Ratings, Options]:
        """Return the ratings and the options with which they are analysed.

        Args:
            ratings: Exported ratings.
            rules: Screening rules, of `rules`.

        Raises:
            BadStudy: A rule rejects every rater.
        """
