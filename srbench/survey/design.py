"""Who sees what, and in which order: functions of the design, its seed and a rater's number, nothing else
(adaptive pairs: and of the answers so far).

Rater numbers are dealt out one after the other, and one that is given up or left behind goes to the next rater. So the
votes stay balanced whoever finishes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from typing import Literal

import numpy as np

from srbench.errors import BadStudy
from srbench.survey.adaptive import Belief, anticipate, next_pair, prior

Method = Literal["acr", "acr-hr", "dcr", "pair"]
Kind = Literal["practice", "trial", "repeat", "trap"]
Pairs = Literal["full", "sparse", "adaptive"]
Display = Literal["toggle", "side"]
_SPARSE_DEGREE = 4
_Content = tuple[str, str]
_Ask = Callable[[_Content, int], "Trial"]


@dataclass(frozen=True)
class Shown:
    """A picture of a study.

    Attributes:
        name: Unique in the study.
        content: What it shows.
        model: What made it.
        dataset: To which the content belongs.
        reference: The original.
        expected: For traps: the score that an attentive rater gives.
    """

    name: str
    content: str
    model: str
    dataset: str = ""
    reference: bool = False
    expected: float | None = None

    @property
    def place(self) -> str:
        """Data set and content, as the analysis names them together."""
        return "/".join(filter(None, (self.dataset, self.content)))


@dataclass(frozen=True)
class Trial:
    """One question.

    Attributes:
        kind: Practice and traps are no data.
        first: The picture to rate; in pairs, the one on the left.
        second: In pairs, the one on the right; empty otherwise.
    """

    kind: Kind
    first: str
    second: str = ""


@dataclass(frozen=True)
class Design:
    """What fixes every rater's session.

    Attributes:
        method: "acr": one picture, five categories. "acr-hr": the same with hidden references. "dcr": against the
            visible reference. "pair": which of two is better.
        seed: Of every order.
        share: Of the contents that a rater sees, each with all its models.
        repeats: Share of a rater's trials that come a second time, in the second half.
        traps: Number of trap questions in a session.
        pairs: Which pairs of models are asked: all; a connected ring in which each model meets four others; or as many
            as in the ring, chosen when a rater begins by what all answers so far leave open.
        display: Two pictures, in dcr and pairs: in turn at the same place, or side by side.
        ties: In pairs, "no difference" is an answer.
        trial_seconds: Expected for a trial.
        sitting_minutes: Longest sitting; longer sessions are split.
        break_minutes: Time between breaks.
    """

    method: Method = "acr"
    seed: int = 0
    share: float = 1.0
    repeats: float = 0.0
    traps: int = 0
    pairs: Pairs = "full"
    display: Display = "side"
    ties: bool = True
    trial_seconds: float = 5.0
    sitting_minutes: float = 30.0
    break_minutes: float = 10.0


def session(design: Design, shown: Sequence[Shown], rater: int, belief: Belief | None = None) -> list[Trial]:
    """The trials of a rater, practice left out.

    Contents come round after round, each once a round, so that none comes twice in a row. Which model of a content
    stands in which round turns with everybody who sees the content: over as many of them as there are rounds, every
    picture stands once in every round. In pairs left and right change places likewise.

    Args:
        design: Of the study.
        shown: Its pictures, traps among them.
        rater: Number from 0.
        belief: For adaptive pairs, what the answers so far say; nothing where it is None.

    Raises:
        BadStudy: Contents with different models, or too few models or references for the method.
    """
    table = by_content(shown)
    questions = _questions(design, table)
    rounds = len(next(iter(questions.values())))
    hand, before = _hand(design, list(table), rater)
    adaptive = design.method == "pair" and design.pairs == "adaptive"
    ask = _by_information(design, table, rater, belief) if adaptive else _by_turns(design, questions, before)
    trials: list[Trial] = []
    last: _Content | None = None
    for number in range(rounds):
        order = _order(design, hand, rater, number, last)
        trials += [ask(content, number) for content in order]
        last = order[-1]
    return _with_extras(design, shown, trials, rater)


def _by_turns(design: Design, questions: dict[_Content, list[Trial]], before: dict[_Content, int]) -> _Ask:
    """Each question of a content in another round, one further with everybody who sees the content."""
    turns = {content: i for i, content in enumerate(questions)}

    def ask(content: _Content, number: int) -> Trial:
        rounds, seen = len(questions[content]), before[content]
        at = (number + turns[content] + seen) % rounds
        return _mirrored(design, questions[content][at], seen + at + turns[content] + seen // rounds)

    return ask


def _by_information(design: Design, table: dict[_Content, list[Shown]], rater: int, belief: Belief | None) -> _Ask:
    """The pair that is expected to tell most, counting on the answers to the questions before it."""
    names = {content: {picture.model: picture.name for picture in pictures} for content, pictures in table.items()}
    turns = {content: i for i, content in enumerate(table)}
    known = belief or prior(list(next(iter(names.values()))))
    asked: dict[_Content, list[frozenset[str]]] = {content: [] for content in table}

    def ask(content: _Content, number: int) -> Trial:
        nonlocal known
        first, second = next_pair(known, asked[content], (design.seed, 5, rater, number, turns[content]))
        known = anticipate(known, first, second)
        asked[content].append(frozenset((first, second)))
        return Trial("trial", names[content][first], names[content][second])

    return ask


def by_content(shown: Sequence[Shown]) -> dict[tuple[str, str], list[Shown]]:
    """Pictures of each data set and content, in the order of the models, traps left out.

    Raises:
        BadStudy: Contents with different models.
    """
    table: dict[tuple[str, str], list[Shown]] = {}
    for picture in shown:
        if picture.expected is None:
            table.setdefault((picture.dataset, picture.content), []).append(picture)
    sets = {tuple(sorted(p.model for p in pictures)): key for key, pictures in table.items()}
    if len(sets) > 1:
        few, many = sorted(sets, key=len)[:: len(sets) - 1]
        missing = sorted(set(many) - set(few)) or sorted(set(few) - set(many))
        raise BadStudy(
            f"{'/'.join(sets[few])} has no picture of {', '.join(missing)}; expected the same models for every content"
        )
    if not table:
        raise BadStudy("there are no pictures to rate")
    return {key: sorted(pictures, key=lambda p: p.model) for key, pictures in table.items()}


def _hand(design: Design, contents: list[_Content], rater: int) -> tuple[list[_Content], dict[_Content, int]]:
    """The contents that a rater sees, and how many raters before have seen each.

    They are dealt from shuffled decks, so that each is dealt about equally often.
    """
    size = max(1, round(design.share * len(contents)))
    if size == len(contents):
        return contents, dict.fromkeys(contents, rater)
    before = dict.fromkeys(contents, 0)
    hand: list[_Content] = []
    deck: list[_Content] = []
    shuffles = 0
    for _ in range(rater + 1):
        for content in hand:
            before[content] += 1
        hand = []
        while len(hand) < size:
            fresh = next((content for content in deck if content not in hand), None)
            if fresh is None:
                order = np.random.default_rng((design.seed, 1, shuffles)).permutation(len(contents))
                deck += [contents[i] for i in order]
                shuffles += 1
                continue
            deck.remove(fresh)
            hand.append(fresh)
    return hand, before


def _order(design: Design, hand: list[_Content], rater: int, number: int, last: object) -> list[_Content]:
    """A shuffle of the contents that does not begin with the one that was last."""
    order = np.random.default_rng((design.seed, 2, rater, number)).permutation(len(hand)).tolist()
    if len(hand) > 1 and hand[order[0]] == last:
        order[0], order[-1] = order[-1], order[0]
    return [hand[i] for i in order]


def _questions(design: Design, table: dict[_Content, list[Shown]]) -> dict[_Content, list[Trial]]:
    """What is asked of each content; the same number of questions for each."""
    if design.method == "pair":
        models = len(next(iter(table.values())))
        if models < 2:
            raise BadStudy("there is one model; pairs need at least two")
        chosen = list(combinations(range(models), 2)) if design.pairs == "full" else ring(models)
        return {c: [Trial("trial", p[i].name, p[j].name) for i, j in chosen] for c, p in table.items()}
    if design.method != "dcr":
        return {content: [Trial("trial", p.name) for p in pictures] for content, pictures in table.items()}
    found = {}
    for content, pictures in table.items():
        reference = next((p.name for p in pictures if p.reference), "")
        rated = [Trial("trial", p.name, reference) for p in pictures if not p.reference]
        if not reference or not rated:
            raise BadStudy(f"{'/'.join(content)} has no reference; dcr shows one beside every picture")
        found[content] = rated
    return found


def ring(models: int) -> list[tuple[int, int]]:
    """Pairs of neighbours and second neighbours on a ring: connected, and each model meets four others.

    With five models or fewer these are all pairs.
    """
    reach = _SPARSE_DEGREE // 2
    pairs = {(min(i, j), max(i, j)) for i in range(models) for d in range(1, reach + 1) if i != (j := (i + d) % models)}
    return sorted(pairs)


def _with_extras(design: Design, shown: Sequence[Shown], trials: list[Trial], rater: int) -> list[Trial]:
    """Add repeats to the second half, and traps all along."""
    generator = np.random.default_rng((design.seed, 3, rater))
    contents = {picture.name: (picture.dataset, picture.content) for picture in shown}
    done = list(trials)
    half = len(trials) // 2
    for i in generator.permutation(half)[: round(design.repeats * len(trials))].tolist():
        _insert(done, replace(trials[i], kind="repeat"), contents, generator, (half + 1, len(done) + 1))
    traps = _traps(design, shown)
    if design.traps and not traps:
        raise BadStudy("there are no trap pictures; give calibration pictures, or --traps 0")
    for number in range(design.traps):
        span = (number * len(done) // design.traps, (number + 1) * len(done) // design.traps)
        _insert(done, _mirrored(design, traps[(number + rater) % len(traps)], rater), contents, generator, span)
    return done


def _traps(design: Design, shown: Sequence[Shown]) -> list[Trial]:
    """Questions whose answer is beyond doubt: single anchors, or an anchor against the original of its content."""
    anchors = [picture for picture in shown if picture.expected is not None]
    if design.method in ("acr", "acr-hr"):
        return [Trial("trap", picture.name) for picture in anchors]
    best = {p.content: p for p in sorted(anchors, key=lambda p: p.expected or 0.0)}
    return [Trial("trap", p.name, best[p.content].name) for p in anchors if p is not best[p.content]]


def _mirrored(design: Design, trial: Trial, turn: int) -> Trial:
    """In pairs left and right change places; a visible reference stays where it is."""
    if design.method == "pair" and turn % 2:
        return replace(trial, first=trial.second, second=trial.first)
    return trial


def _insert(
    trials: list[Trial],
    new: Trial,
    contents: dict[str, _Content],
    generator: np.random.Generator,
    span: tuple[int, int],
) -> None:
    """Put a trial somewhere in a span, not beside its own content where that can be helped."""
    places = range(span[0], max(span[1], span[0] + 1))
    own = contents[new.first]
    free = [i for i in places if all(contents[t.first] != own for t in trials[max(i - 1, 0) : i + 1])]
    trials.insert(int(generator.choice(free or list(places))), new)


def practice(design: Design, shown: Sequence[Shown]) -> list[Trial]:
    """Questions before the first that counts, so that the scale and the keys are known.

    Args:
        design: Of the study.
        shown: Calibration pictures, some of which have an expected score: the ends of the scale.

    Returns:
        One question for each picture between the ends, and one for each end; in pairs and with a visible reference,
        everything against the best of its content.
    """
    best = {p.content: p for p in sorted(shown, key=lambda p: p.expected or 0.0)}
    if design.method in ("acr", "acr-hr"):
        ends = {p.expected: p for p in shown if p.expected is not None}
        chosen = [p for p in shown if p.expected is None] + list(ends.values())
        return [Trial("practice", p.name) for p in chosen]
    return [
        _mirrored(design, Trial("practice", p.name, best[p.content].name), turn)
        for turn, p in enumerate(shown)
        if p is not best[p.content]
    ]


def sittings(design: Design, trials: Sequence[Trial]) -> list[list[list[Trial]]]:
    """Split a session into sittings, and these into blocks with a break between them, all of about equal length."""
    return [
        _split(sitting, design.break_minutes * 60 / design.trial_seconds)
        for sitting in _split(trials, design.sitting_minutes * 60 / design.trial_seconds)
    ]


def _split(trials: Sequence[Trial], most: float) -> list[list[Trial]]:
    number = max(1, -(-len(trials) // max(1, int(most))))
    cuts = [round(i * len(trials) / number) for i in range(number + 1)]
    return [list(trials[start:end]) for start, end in pairwise(cuts)]


@dataclass(frozen=True)
class Balance:
    """How evenly raters are spread over pictures and places.

    Attributes:
        votes: Of each picture: how many raters see it.
        early: Of each model: share of its trials in the first third of a session; 1/3 is even.
        left: Of each model, in pairs: share of its trials on the left; None otherwise.
    """

    votes: dict[str, int]
    early: dict[str, float]
    left: dict[str, float] | None


def balance(design: Design, shown: Sequence[Shown], raters: int) -> Balance:
    """Count what so many raters see; repeats and traps do not count."""
    models = {picture.name: picture.model for picture in shown}
    votes = {picture.name: 0 for picture in shown if picture.expected is None}
    places: dict[str, list[bool]] = {}
    sides: dict[str, list[bool]] = {}
    for rater in range(raters):
        trials = [trial for trial in session(design, shown, rater) if trial.kind == "trial"]
        for i, trial in enumerate(trials):
            asked = (trial.first, trial.second) if design.method == "pair" else (trial.first,)
            for name in asked:
                votes[name] += 1
                places.setdefault(models[name], []).append(3 * i < len(trials))
                sides.setdefault(models[name], []).append(name == trial.first)
    early = {model: float(np.mean(found)) for model, found in places.items()}
    left = {model: float(np.mean(found)) for model, found in sides.items()} if design.method == "pair" else None
    return Balance(votes, early, left)
