"""The scores and the raters that an analyst's options ask for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from srbench.errors import BadRatings
from srbench.ratings import caveats, mos, screening
from srbench.ratings.likelihood import Estimate
from srbench.ratings.options import Options
from srbench.ratings.rules import require_known
from srbench.ratings.votes import Scale, Stimulus, StimulusScores, Votes


@dataclass(frozen=True, eq=False)
class VotesAndScores:
    """Scores with the votes that they are means of.

    Attributes:
        votes: Votes, as scores are computed from them.
        scores: Score of each stimulus.
    """

    votes: Votes
    scores: StimulusScores


def check_options(options: Options) -> None:
    """Refuse options that do not go together.

    Raises:
        BadRatings: Scores relative to references, or without biases, are asked of maximum likelihood; a baseline has no
            margin; or a screening rule is unknown.
    """
    if options.relative != "none" and options.estimator != "mos":
        raise BadRatings("--relative needs --estimator mos: maximum likelihood has no differences of single votes")
    if options.remove_bias and options.estimator != "mos":
        raise BadRatings("--remove-bias needs --estimator mos: maximum likelihood estimates the biases itself")
    if options.as_good_as and options.margin is None:
        raise BadRatings("--as-good-as needs --margin, the shortfall that does not matter, as 0.3")
    require_known(options.screen)


def check_stimuli(name: str, stimuli: Sequence[Stimulus]) -> None:
    """Refuse two stimuli of one model and content, and two references of one content."""
    seen: dict[tuple[str, str, str], str] = {}
    originals: dict[tuple[str, str], str] = {}
    for s in stimuli:
        key = s.dataset, s.content, s.model
        if s.model and key in seen:
            raise BadRatings(
                f"{name}: '{seen[key]}' and '{s.name}' are both of model {s.model}, content {s.content}"
                f"{', data set ' + s.dataset if s.dataset else ''}; expected one; tell them apart by model or data set"
            )
        seen[key] = s.name
        if s.reference and key[:2] in originals:
            raise BadRatings(f"{name}: '{originals[key[:2]]}' and '{s.name}' are both the reference of {s.content}")
        if s.reference:
            originals[key[:2]] = s.name


def excluded_raters(name: str, votes: Votes, verdicts: Sequence[screening.Verdict], options: Options) -> list[str]:
    """Return the raters whom the chosen rules reject.

    Raises:
        BadRatings: A chosen rule cannot be used on this data, or no rater is left.
    """
    rejected: dict[str, None] = {}
    for verdict in verdicts:
        if verdict.rule in options.screen:
            if verdict.reason:
                raise BadRatings(f"--screen {verdict.rule}: {verdict.reason}")
            rejected |= dict.fromkeys(verdict.rejected)
    if not len(votes.without(rejected)):
        raise BadRatings(f"{name}: {', '.join(options.screen)} rejects every rater; choose other rules with --screen")
    return list(rejected)


def chosen_scores(name: str, votes: Votes, estimate: Estimate | None, options: Options) -> StimulusScores:
    """Return the scores of the chosen estimator.

    Args:
        name: Name of the study.
        votes: Votes that count.
        estimate: Maximum likelihood of these votes; None where it has too few.
        options: Options of the analyst.

    Raises:
        BadRatings: Maximum likelihood is chosen and has no usable result.
    """
    if options.estimator == "mos":
        return mos.mos(votes)
    if estimate is None:
        raise BadRatings(
            f"{name}: no rater has {options.least_votes} votes, which --estimator p910 needs; use --estimator mos"
        )
    if estimate.exact:
        raise BadRatings(f"{name}: {caveats.collapsed(estimate)}; use --estimator mos")
    return estimate.scores


def relative_scores(votes: Votes, kind: Literal["dmos", "crushed"], options: Options) -> VotesAndScores | None:
    """Return scores relative to hidden references; None without references, or where the scale forbids them."""
    if not any(s.reference for s in votes.stimuli):
        return None
    if kind == "crushed" and options.relative != "crushed" and votes.scale != Scale():
        return None
    differences = mos.differential(votes, crushed=kind == "crushed")
    return VotesAndScores(differences, mos.mos(differences)) if len(differences) else None


def compared_scores(
    name: str, plain: VotesAndScores, relative: VotesAndScores | None, options: Options
) -> VotesAndScores:
    """Return the scores by which models are compared.

    Args:
        name: Name of the study.
        plain: Scores of the chosen estimator.
        relative: Scores relative to references, of the chosen kind.
        options: Options of the analyst.

    Raises:
        BadRatings: Scores relative to references are chosen, and there are none.
    """
    if options.relative == "none":
        return plain
    if relative is None:
        raise BadRatings(
            f"{name} has no hidden references; name them with a column reference or --references 'PATTERN'"
        )
    # A reference against itself is the top of the scale, always.
    others = [i for i, s in enumerate(relative.scores.stimuli) if not s.reference]
    return VotesAndScores(relative.votes, relative.scores.keep(others))
