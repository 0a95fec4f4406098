"""What a study has collected, as the analysis reads it."""

from srbench.errors import BadStudy
from srbench.ratings.files import Ratings
from srbench.ratings.options import Options
from srbench.survey.adaptive import ScorePosterior
from srbench.survey.store.sessions import AHEAD
from srbench.survey.vote_store import VoteStore


def ratings(store: VoteStore, *, unfinished: bool = False) -> Ratings:
    """Return all answers but practice, as the study's method exports them.

    Args:
        store: Votes of the study.
        unfinished: Whether raters who have not finished count too.

    Raises:
        BadStudy: Nobody has finished.
    """
    responses = store.responses()
    counted = {rater.id for rater, _ in store.raters() if unfinished or rater.state == "finished"}
    exported = [response for response in responses if response.rater in counted]
    if not exported:
        raise BadStudy(f"{store.study.title} has no finished session yet ({_count(len(responses), 'answer')})")
    study = store.study
    return study.method.export(study.design, study.folder.resolve().name, study.stimuli_by_name(), exported)


def analysed(store: VoteStore, rules: str, *, unfinished: bool = False) -> tuple[Ratings, Options]:
    """Return the ratings of a study with the screening that its method knows, and the options of their analysis.

    Args:
        store: Votes of the study.
        rules: Comma-separated screening rules, "none", or "" for the method's own default.
        unfinished: Whether raters who have not finished count too.

    Raises:
        BadStudy: Nobody has finished, or the rules reject every rater.
        UserError: A rule that the method does not have.
    """
    study = store.study
    exported = ratings(store, unfinished=unfinished)
    return study.method.analysed(exported, rules, study.stimuli_by_name(), store.responses())


def score_posterior(store: VoteStore) -> ScorePosterior | None:
    """Return what the answers so far tell of the models' scores, for adaptive designs; None for the others."""
    rated = [picture.stimulus for picture in store.study.pictures if picture.role == "rated"]
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


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
