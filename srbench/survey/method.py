"""What a test method is: everything that differs between two ways of asking raters about pictures."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Literal

from srbench.errors import BadStudy
from srbench.ratings import power
from srbench.ratings.model_differences import Test
from srbench.ratings.power import Detectable
from srbench.ratings.simulation import Simulation
from srbench.ratings.votes import Scale, Stimulus
from srbench.survey.answer_analysis import AnswerAnalysis
from srbench.survey.plan.adaptive import ScorePosterior
from srbench.survey.plan.boost import Boost
from srbench.survey.plan.design import Content, Design, Display, Trial
from srbench.survey.plan.wording import Wording
from srbench.survey.responses import Response
from srbench.survey.scores import ExpectedWidths
from srbench.survey.simulation.rater import SimulatedRater

Choose = Callable[[Content, int], Trial]
"""The trial on a content in a round of the session; rounds count from 0."""


class Method(AnswerAnalysis):
    """A test method: its scale and words, what a trial shows, how sessions are planned, and how answers are analysed.

    Attributes:
        title: The method in a few words, for lists and help texts.
        options: Options of `srbench survey create` that this method uses, of those that not every method uses:
            "categories", "display", "pairs", "ties".
        references: Whether the originals are left out, hidden among the pictures to rate, or shown for comparison.
        anchors: Pictures that are made of every original and rated with the models': "nearest", "bicubic".
        pictures_per_trial: Number of pictures that a trial shows.
        default_display: How two pictures are shown where nothing else was asked for.
        counts_sides: Whether it matters on which side a picture is shown, so that the plan states it.
        stimulus_template: Template in `web/pages` that shows the pictures of a trial.
        answer_template: Template in `web/pages` with the controls for the answer; it has the fields of the wording.
        assets: Scripts and style sheets in `web/static` that a trial needs beside those of every page.
    """

    title: ClassVar[str]
    options: ClassVar[frozenset[str]] = frozenset()
    references: ClassVar[Literal["none", "hidden", "shown"]] = "none"
    anchors: ClassVar[tuple[str, ...]] = ()
    pictures_per_trial: ClassVar[int] = 1
    default_display: ClassVar[Display] = "side"
    counts_sides: ClassVar[bool] = False
    stimulus_template: ClassVar[str] = "stimulus.html"
    answer_template: ClassVar[str] = "scale.html"
    assets: ClassVar[tuple[str, ...]] = ()

    # words and answers

    def scale(self, design: Design) -> Scale:
        """Return the range of the scores; its ends are the expected scores of the worst and the best anchor."""
        del design
        return Scale()

    @abstractmethod
    def wording(self, design: Design) -> Wording:
        """Return the words that raters read, and the answers that they choose from."""

    @abstractmethod
    def described(self, design: Design) -> str:
        """Return one or more sentences for the methods paragraph: how raters were asked, and by which standard."""

    def values(self, design: Design) -> tuple[str, ...]:
        """Return the values that an answer can have; a method without buttons overrides the next two."""
        return tuple(button.value for button in self.wording(design).buttons)

    def accepts(self, design: Design, value: str, pictures: int = 0) -> bool:
        """Return whether an answer can have this value.

        Args:
            design: Design of the study.
            value: The answer, as the browser sends it.
            pictures: Number of pictures of the trial; 0 where it is not known, and only the form can be checked.
        """
        del pictures
        return value in self.values(design)

    def expected_answer(self, design: Design) -> str:
        """Return which answers are accepted, for the message that refuses another one."""
        return f"one of {', '.join(self.values(design))}"

    def beside(self, design: Design) -> bool:
        """Return whether several pictures stand side by side, so that each has less room."""
        return self.pictures_per_trial > 1 and design.display == "side"

    # the page of a trial

    def boost(self, design: Design) -> Boost | None:
        """Return how pictures are boosted beside being shown as they are; None where they are not."""
        del design
        return None

    def page(self, design: Design, shown: Sequence[Stimulus]) -> dict[str, Any]:
        """Return fields of a trial's templates that differ from trial to trial; they replace those of the wording.

        Args:
            design: Design of the study.
            shown: Pictures of the trial, in its order.
        """
        del design, shown
        return {}

    def answer_facts(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Return what a browser sent beside an answer and is stored with it; the window is stored anyway."""
        del form
        return {}

    def consent_facts(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Return what a rater has chosen on the consent page, to be stored of them."""
        del form
        return {}

    def shown_to(self, trials: Sequence[Trial], facts: Mapping[str, Any]) -> list[Trial]:
        """Return trials as a rater sees them who has chosen this on the consent page."""
        del facts
        return list(trials)

    # planning

    @abstractmethod
    def questions(self, design: Design, pictures: Mapping[Content, Sequence[Stimulus]]) -> dict[Content, list[Trial]]:
        """Return the trials that can be asked on each content, the same number for each.

        Args:
            design: Design of the study.
            pictures: Pictures of each content, in the order of the models; traps are left out.

        Raises:
            BadStudy: There are too few models, or no references.
        """

    def block(self, design: Design, models: int, turn: int) -> list[tuple[int, int]] | None:
        """Return which of a content's questions one rater is asked, for designs that give each rater other ones.

        Args:
            design: Design of the study.
            models: Number of pictures of the content.
            turn: Number of raters who have seen the content before, from an offset that differs between contents.

        Returns:
            For each question its place in `questions` and how often it was asked before, which exchanges its sides; as
            many for every turn. None where every rater is asked all.
        """
        del design, models, turn
        return None

    @abstractmethod
    def traps(self, design: Design, anchors: Sequence[Stimulus]) -> list[Trial]:
        """Return the questions whose answer is beyond doubt, from calibration pictures with an expected score."""

    @abstractmethod
    def practice(self, design: Design, calibration: Sequence[Stimulus]) -> list[Trial]:
        """Return the questions before the first that counts, from all calibration pictures."""

    def mirrored(self, design: Design, trial: Trial, turn: int) -> Trial:
        """Return the trial with its sides exchanged on every second turn, where the method exchanges sides."""
        del design, turn
        return trial

    def rated(self, trial: Trial, stimuli: Mapping[str, Stimulus]) -> tuple[str, ...]:
        """Return the names of the pictures that an answer to this trial says something about."""
        del stimuli
        return (trial.first,)

    def posterior(
        self, design: Design, stimuli: Sequence[Stimulus], responses: Callable[[], Sequence[Response]]
    ) -> ScorePosterior | None:
        """Return what the answers so far tell, for designs that choose trials by it; None for the others.

        Args:
            design: Design of the study.
            stimuli: Pictures to rate.
            responses: Reads all answers so far; called only where they are needed.
        """
        del design, stimuli, responses
        return None

    def adaptive_choice(
        self,
        design: Design,
        pictures: Mapping[Content, Sequence[Stimulus]],
        rater: int,
        known: ScorePosterior | None,
        begun: Sequence[Trial],
    ) -> Choose | None:
        """Return a function that chooses the trials of a session one by one; None where the plan is fixed beforehand.

        Args:
            design: Design of the study.
            pictures: Pictures of each content, in the order of the models.
            rater: Number of the session, from 0.
            known: What the answers so far tell.
            begun: The first trials of the session, which stay as they are.
        """
        del design, pictures, rater, known, begun
        return None

    def batch_size(self, design: Design, stimuli: Sequence[Stimulus]) -> int:
        """Return after how many questions the next ones are chosen anew; 0 where the plan is fixed beforehand.

        Args:
            design: Design of the study.
            stimuli: Pictures to rate.
        """
        del design, stimuli
        return 0

    @abstractmethod
    def expected_widths(self, design: Design, stimuli: Sequence[Stimulus], simulation: Simulation) -> ExpectedWidths:
        """Return the widths of the intervals that simulated panels of this shape lead to."""

    def detectable(self, design: Design, simulation: Simulation, widths: ExpectedWidths, test: Test) -> Detectable:
        """Return which difference between two models a study will find.

        Args:
            design: Design of the study.
            simulation: Simulated raters, and the numbers of models, contents and raters.
            widths: What `expected_widths` has returned.
            test: Test that votes on a scale will be analysed with.
        """
        del widths
        return power.detectable(simulation.on(self.scale(design)), test)

    @abstractmethod
    def simulated_answer(self, design: Design, trial: Trial, rater: SimulatedRater) -> str:
        """Return the answer of a simulated rater to a trial."""


def against_best(stimuli: Sequence[Stimulus]) -> list[tuple[Stimulus, Stimulus]]:
    """Pair every calibration picture but the best with the best one of its content."""
    best = {s.content: s for s in sorted(stimuli, key=lambda s: s.expected or 0.0)}
    return [(s, best[s.content]) for s in stimuli if s is not best[s.content]]


def required_reference(content: Content, pictures: Sequence[Stimulus], name: str) -> str:
    """Return the name of a content's original.

    Raises:
        BadStudy: There is none, or nothing beside it.
    """
    reference = next((picture.name for picture in pictures if picture.reference), "")
    if not reference or all(picture.reference for picture in pictures):
        raise BadStudy(f"{'/'.join(content)} has no reference; {name} shows one beside every picture")
    return reference
