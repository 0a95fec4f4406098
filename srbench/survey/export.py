"""What a study has collected, as the analysis reads it."""

from dataclasses import replace

import numpy as np

from srbench.errors import BadStudy
from srbench.ratings.files import Ratings
from srbench.ratings.votes import PairAnswer, Stimulus, Votes
from srbench.survey.adaptive import Belief, prior, update
from srbench.survey.design import Shown
from srbench.survey.store import Given, Store


def ratings(store: Store, *, unfinished: bool = False) -> Ratings:
    """All answers, practice left out; repeats are second votes, traps have their expected score.

    Args:
        store: Of the study.
        unfinished: Raters who have not finished count too.

    Raises:
        BadStudy: Nobody has finished.
    """
    whole = store.answers()
    done = {person.id for person, _ in store.people() if unfinished or person.state == "finished"}
    rows = [given for given in whole if given.rater in done]
    if not rows:
        raise BadStudy(f"{store.study.title} has no finished session yet ({len(whole)} answers)")
    name = store.study.folder.resolve().name
    if store.study.design.method == "pair":
        return Ratings(name, pairs=_pairs(store, rows))
    return Ratings(name, votes=_votes(store, rows))


def missed_traps(store: Store) -> tuple[str, ...]:
    """In a study of pairs, raters who at least once did not see that the original beats the worst picture.

    On a scale the analysis finds such raters itself: traps are votes with an expected score.
    """
    expected = {picture.shown.name: picture.shown.expected or 0.0 for picture in store.study.pictures}
    found: dict[str, None] = {}
    for given in store.answers():
        better = "first" if expected[given.first] > expected[given.second or given.first] else "second"
        if given.kind == "trap" and given.second and given.value != better:
            found[given.rater] = None
    return tuple(found)


def attentive(found: Ratings, store: Store) -> Ratings:
    """Paired comparisons without the raters who missed a trap, and a note that says so."""
    gone = [rater for rater in missed_traps(store) if any(answer.rater == rater for answer in found.pairs)]
    kept = tuple(answer for answer in found.pairs if answer.rater not in gone)
    if not gone:
        return found
    if not kept:
        raise BadStudy(f"every rater of {store.study.title} missed a trap; --screen none keeps them")
    note = f"{len(gone)} raters who missed a trap question are left out: {', '.join(gone)}"
    return replace(found, pairs=kept, notes=(*found.notes, note))


def belief(store: Store) -> Belief | None:
    """What the answers so far say, for adaptive pairs; None for other designs."""
    design = store.study.design
    if design.method != "pair" or design.pairs != "adaptive":
        return None
    found = prior(sorted({p.shown.model for p in store.study.pictures if p.role == "rated"}))
    for answer in _pairs(store, store.answers()):
        found = update(found, answer)
    return found


def _votes(store: Store, rows: list[Given]) -> Votes:
    shown = {picture.shown.name: picture.shown for picture in store.study.pictures}
    names = list(dict.fromkeys(given.first for given in rows))
    people = list(dict.fromkeys(given.rater for given in rows))
    place, person = ({name: i for i, name in enumerate(listed)} for listed in (names, people))
    return Votes(
        stimuli=tuple(_stimulus(shown[name]) for name in names),
        raters=tuple(people),
        stimulus=np.array([place[given.first] for given in rows]),
        rater=np.array([person[given.rater] for given in rows]),
        repetition=np.array([2 if given.kind == "repeat" else 1 for given in rows]),
        score=np.array([float(given.value) for given in rows]),
        seconds=np.array([given.seconds for given in rows]),
        order=np.array([given.position + 1.0 for given in rows]),
    )


def _stimulus(shown: Shown) -> Stimulus:
    return Stimulus(shown.name, shown.content, shown.model, shown.dataset, shown.reference, shown.expected)


def _pairs(store: Store, rows: list[Given]) -> tuple[PairAnswer, ...]:
    shown = {picture.shown.name: picture.shown for picture in store.study.pictures}
    found = []
    for given in rows:
        if given.kind == "trap":
            continue
        first, second = shown[given.first], shown[given.second]
        better, worse = (second, first) if given.value == "second" else (first, second)
        found.append(PairAnswer(first.place, given.rater, better.model, worse.model, given.value == "tie"))
    return tuple(found)
