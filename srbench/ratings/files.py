"""Reading of votes, averages and paired comparisons from files of many layouts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from srbench.core.wording import counted
from srbench.errors import BadRatings
from srbench.ratings import assembly, table_io
from srbench.ratings.import_options import ImportOptions
from srbench.ratings.layouts.layout import Sheet
from srbench.ratings.layouts.registry import layout_of
from srbench.ratings.stimulus_table import pattern_notes
from srbench.ratings.table import stacked
from srbench.ratings.triplets import TripletAnswer, from_table, is_triplets
from srbench.ratings.votes import PairAnswer, StimulusScores, Votes

_KINDS = {"votes": "single votes", "pairs": "paired comparisons", "means": "averages"}
_MOST_SHOWN = 12


@dataclass(frozen=True)
class Ratings:
    """Contents of files of ratings: votes, averages or paired comparisons.

    Attributes:
        name: Name of the first file, without its ending.
        votes: Single votes on a scale; None where the files hold others.
        means: Averages that somebody else has computed; None where the files hold others.
        pairs: Answers to paired comparisons; empty where the files hold others.
        pair_traps: Answers to comparisons whose answer is beyond doubt; they are no data.
        triplets: Answers to triplets, those on traps and bias questions among them; empty where the files hold others.
        notes: Notes on columns that were not used and on patterns that were.
        reading: One or two lines that say what was read, and how.
        screening: Sentence that says which raters of paired comparisons were rejected before; empty where nobody was
            judged.
        asked: Sentences that say how raters were asked; empty where a file does not tell.
    """

    name: str
    votes: Votes | None = None
    means: StimulusScores | None = None
    pairs: tuple[PairAnswer, ...] = ()
    pair_traps: tuple[PairAnswer, ...] = ()
    triplets: tuple[TripletAnswer, ...] = ()
    notes: tuple[str, ...] = ()
    reading: tuple[str, ...] = ()
    screening: str = ""
    asked: str = ""

    def without(self, raters: Collection[str]) -> "Ratings":
        """Return the ratings of all raters but these."""
        votes = self.votes and self.votes.without(rater for rater in self.votes.raters if rater in raters)
        kept, traps = (
            tuple(answer for answer in answers if answer.rater not in raters)
            for answers in (self.pairs, self.pair_traps)
        )
        triplets = tuple(answer for answer in self.triplets if answer.rater not in raters)
        return replace(self, votes=votes, pairs=kept, pair_traps=traps, triplets=triplets)


def read(paths: Path | Sequence[Path], options: ImportOptions | None = None) -> Ratings:
    """Read votes, averages or paired comparisons; the columns tell which, and in which layout they are.

    Args:
        paths: One file, or several whose rows belong to one study.
        options: Options for reading; the defaults where there are none.

    Raises:
        BadRatings: A file holds no ratings, the files hold different kinds of them, or rows cannot be right, up to
            three of which are named.
    """
    options = options or ImportOptions()
    listed = [paths] if isinstance(paths, Path) else list(paths)
    if len({path.resolve() for path in listed}) < len(listed):
        raise BadRatings(f"{listed[0]}: a file is named twice; expected each once")
    if found := _triplets(listed):
        return found
    raters = _rater_names(listed)
    sheet, layouts = _joined([_sheet(path, options, rater) for path, rater in zip(listed, raters, strict=True)])
    title = sheet.table.title
    name = listed[0].stem + (f"+{len(listed) - 1}" if len(listed) > 1 else "")
    notes = (f"columns not used: {', '.join(sheet.unused)}",) if sheet.unused else ()
    if sheet.kind == "pairs":
        answers, said = assembly.pairs_of(sheet, options)
        pairs, traps = (tuple(a for a in answers if bool(a.expected) == trap) for trap in (False, True))
        if not pairs:
            raise BadRatings(f"{title}: all answers are on traps; expected answers on other pairs")
        lines = _lines(sheet, layouts, said, options, _of_pairs(pairs, traps))
        return Ratings(name, pairs=pairs, pair_traps=traps, notes=notes, reading=lines)
    if sheet.kind == "means":
        means, said = assembly.means_of(sheet, options)
        notes = (*notes, *pattern_notes(title, means.stimuli, options))
        return Ratings(name, means=means, notes=notes, reading=_lines(sheet, layouts, said, options, _of_means(means)))
    votes, said = assembly.votes_of(sheet, options)
    notes = (*notes, *pattern_notes(title, votes.stimuli, options))
    return Ratings(name, votes=votes, notes=notes, reading=_lines(sheet, layouts, said, options, _of_votes(votes)))


def _triplets(paths: Sequence[Path]) -> Ratings | None:
    """Triplets, where the first file has their columns: several files are several forms or panels of one study."""
    if not is_triplets(table_io.read_table(paths[0])):
        return None
    answers = tuple(answer for path in paths for answer in from_table(table_io.read_table(path)))
    raters = len({answer.rater for answer in answers})
    name = paths[0].stem + (f"+{len(paths) - 1}" if len(paths) > 1 else "")
    return Ratings(name, triplets=answers, reading=(f"read {len(answers)} triplets of {counted(raters, 'rater')}",))


def _rater_names(paths: Sequence[Path]) -> list[str]:
    """Return a name for the rater of each file that names none: as much of its path as tells it from the others.

    The file of a single one tells nobody.
    """
    if len(paths) == 1:
        return [""]
    parts = [path.resolve().with_suffix("").parts for path in paths]
    for count in range(1, max(map(len, parts)) + 1):
        names = ["/".join(of[-count:]) for of in parts]
        if len(set(names)) == len(names):
            return names
    return [path.name for path in paths]


def _sheet(path: Path, options: ImportOptions, rater: str) -> tuple[Sheet, str]:
    source = table_io.read(path)
    source = replace(source, rater=rater) if rater else source
    layout = layout_of(source, options)
    return layout.read(source, options), layout.name


def _joined(sheets: Sequence[tuple[Sheet, str]]) -> tuple[Sheet, tuple[str, ...]]:
    first = sheets[0][0]
    for sheet, _ in sheets[1:]:
        if sheet.kind != first.kind:
            raise BadRatings(
                f"{first.table.title} holds {_KINDS[first.kind]}, {sheet.table.title} {_KINDS[sheet.kind]}; expected "
                "files of one kind"
            )
        if sheet.milliseconds != first.milliseconds:
            raise BadRatings(
                f"times of {first.table.title} and {sheet.table.title} may be in seconds and in milliseconds; expected "
                "columns of one name, or leave them out: --ignore time"
            )
    table = stacked([sheet.table for sheet, _ in sheets])
    origin = {ours: theirs for sheet, _ in reversed(sheets) for ours, theirs in sheet.origin.items()}
    unused, said = (
        tuple(dict.fromkeys(text for sheet, _ in sheets for text in getattr(sheet, name)))
        for name in ("unused", "said")
    )
    layouts = tuple(dict.fromkeys(layout for _, layout in sheets))
    return Sheet(first.kind, table, origin, unused, said, first.milliseconds), layouts


def _lines(
    sheet: Sheet, layouts: Sequence[str], said: Sequence[str], options: ImportOptions, what: tuple[str, str]
) -> tuple[str, ...]:
    """Return the lines about what was read: how much, from which columns, and the reader's other choices."""
    origin = {ours: options.columns.get(name, name) for ours, name in sheet.origin.items()}
    columns = [name if name == ours else f"{name} ({ours})" for ours, name in origin.items()]
    files = f" from {len(sheet.table.parts)} files" if len(sheet.table.parts) > 1 else ""
    count, values = what
    line = f"read {count}{files}: columns {', '.join(columns[:_MOST_SHOWN])}{values}"
    signs = {";": "cells separated by semicolons", "\t": "cells separated by tabs"}
    others = [f"layout: {', '.join(layouts)}"] if {*layouts} - {"votes", "averages", "paired comparisons"} else []
    others += [signs[sheet.table.separator]] if sheet.table.separator in signs else []
    others += [*sheet.said, *said]
    return (line, "; ".join(others)) if others else (line,)


def _of_votes(votes: Votes) -> tuple[str, str]:
    low, high = float(np.min(votes.score)), float(np.max(votes.score))
    who = f"{counted(len(votes.raters), 'rater')} on {_stimuli(len(votes.stimuli))}"
    return f"{counted(len(votes), 'vote')} of {who}", f"; scores {low:g} to {high:g}"


def _of_means(means: StimulusScores) -> tuple[str, str]:
    low, high = float(np.min(means.mean)), float(np.max(means.mean))
    return f"averages of {_stimuli(len(means.stimuli))}", f"; scores {low:g} to {high:g}"


def _of_pairs(pairs: Sequence[PairAnswer], traps: Sequence[PairAnswer]) -> tuple[str, str]:
    raters, ties = len({pair.rater for pair in pairs}), sum(pair.tie for pair in pairs)
    more = f" and {counted(len(traps), 'answer')} on traps" if traps else ""
    said = f"{counted(len(pairs), 'answer')} of {counted(raters, 'rater')}{more}"
    return said, f"; {counted(ties, 'tie')}" if ties else ""


def _stimuli(count: int) -> str:
    return f"{count:,} stimul{'us' if count == 1 else 'i'}"
