"""What a study has collected, as the analysis reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from srbench.core.spreadsheet import inert
from srbench.core.wording import counted
from srbench.errors import BadStudy
from srbench.ratings.files import Ratings
from srbench.ratings.options import Options
from srbench.ratings.votes import Stimulus
from srbench.survey import methods
from srbench.survey.plan.adaptive import ScorePosterior
from srbench.survey.plan.design import Design
from srbench.survey.responses import Response
from srbench.survey.store.sessions import AHEAD
from srbench.survey.store.vote_store import VoteStore


@dataclass(frozen=True)
class Collected:
    """Answers of the raters who count, with as much of the plan as their analysis needs.

    Attributes:
        name: Name of the study in its reports.
        design: Design of the study.
        stimuli: Pictures by name.
        responses: Answers, in the order of sessions and positions; repeats and traps are among them.
        excluded: Why raters were left out by the study's owner, by their ids; no answer is theirs.
    """

    name: str
    design: Design
    stimuli: Mapping[str, Stimulus]
    responses: Sequence[Response]
    excluded: Mapping[str, str] = field(default_factory=dict)

    def ratings(self) -> Ratings:
        """Return all answers, as the study's method exports them."""
        found = methods.find(self.design.method).export(self.design, self.name, self.stimuli, self.responses)
        note = exclusion_note(self.excluded)
        return replace(found, notes=(*found.notes, note)) if note else found

    def analysed(self, rules: Sequence[str] | None = None) -> tuple[Ratings, Options]:
        """Return the ratings with the screening that their method knows, and the options of their analysis.

        Args:
            rules: Screening rules; None: those that the plan names.

        Raises:
            BadStudy: The rules reject every rater.
            UserError: A rule that the method does not have.
        """
        method = methods.find(self.design.method)
        chosen = method.planned_rules(self.design) if rules is None else tuple(rules)
        method.check_rules(chosen)
        return method.analysed(self.ratings(), chosen)


def collected(store: VoteStore, *, unfinished: bool = False) -> Collected:
    """Read the answers of a study, without those of raters whom its owner has excluded.

    Args:
        store: Votes of the study.
        unfinished: Whether raters who have not finished count too.

    Raises:
        BadStudy: Nobody has finished.
    """
    study, responses, excluded = store.study, store.responses(), store.exclusions()
    people = [rater for rater, _ in store.raters()]
    left_out = {rater.id: inert(excluded[rater.id]) for rater in people if rater.id in excluded}
    counting = {rater.id for rater in people if unfinished or rater.state == "finished"} - left_out.keys()
    kept = [response for response in responses if response.rater in counting]
    if not kept:
        raise BadStudy(f"{study.title} has no finished session yet ({counted(len(responses), 'answer')})")
    return Collected(study.label, study.design, study.stimuli_by_name(), kept, left_out)


def ratings(store: VoteStore, *, unfinished: bool = False) -> Ratings:
    """Return all answers but practice, as the study's method exports them; those of excluded raters are left out.

    Args:
        store: Votes of the study.
        unfinished: Whether raters who have not finished count too.

    Raises:
        BadStudy: Nobody has finished.
    """
    return collected(store, unfinished=unfinished).ratings()


def exclusion_note(excluded: Mapping[str, str]) -> str:
    """Return who was left out of the analysis by the study's owner, and why; empty where nobody was.

    Args:
        excluded: Reasons by raters' ids.
    """
    if not excluded:
        return ""
    listed = "; ".join(f"{rater} ({inert(reason)})" for rater, reason in excluded.items())
    return f"{counted(len(excluded), 'rater')} excluded by the study's owner: {listed}"


def score_posterior(store: VoteStore) -> ScorePosterior | None:
    """Return what the answers so far tell of the models' scores, for adaptive designs; None for the others."""
    rated = [picture.stimulus for picture in store.study.plain if picture.role == "rated"]
    return store.study.method.posterior(store.study.design, rated, store.responses)


def choose_next_batch(store: VoteStore, rater: str, answered: int) -> bool:
    """Choose the next batch of a rater's questions from all answers so far, where one is due.

    It is due as soon as the last question of the batch before it may be known to the rater's browser.

    Args:
        store: Votes of the study.
        rater: Id of the rater.
        answered: Position of the trial that was answered last.

    Returns:
        Whether a batch was chosen; never in designs that are fixed beforehand.
    """
    size = store.study.batch_size()
    if not size:
        return False
    start = answered + AHEAD + 1
    trials = store.trials(rater)
    begun = sum(trial.kind == "trial" for trial in trials[:start])
    if start >= len(trials) or trials[start - 1].kind != "trial" or begun % size:
        return False
    return store.change_trials(rater, start, score_posterior(store))
