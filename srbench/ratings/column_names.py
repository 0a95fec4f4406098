"""Names that labs give to columns, and which column of a table is which of ours."""

import re
from collections.abc import Mapping, Sequence

from srbench.errors import BadRatings
from srbench.ratings.import_options import ImportOptions
from srbench.ratings.table import Table, joined

_OTHER_NAMES = {
    "rater": "participant subject observer user worker annotator assessor judge viewer voter prolificpid",
    "score": "rating opinion opinionscore vote mark grade acr",
    "model": "algorithm method upscaler system network condition hrc codec",
    "stimulus": "stimuli stimulifile stimulusfile stimulusname pvs video videoname videoid file filename",
    "content": "source src scene baseimg baseimage baseimagename sourceimage srcimage originalimage imagename",
    "picture": "image img pic photo imagefile imageid imageurl",
    "dataset": "database",
    "repetition": "repeat replicate replication rep",
    "time": "seconds rt responsetime reactiontime duration leadtime times timems rtms responsetimems durationms",
    "order": "position trial trialindex trialnumber",
    "timestamp": "datetime date createdat answeredat answered submittedat",
    "mos": "mean meanscore meanopinionscore meanopinion averagescore meanrating",
    "n": "count votes nvotes numvotes numratings nratings numberofvotes",
    "std": "sd stdev stddev sigma standarddeviation sos mosstd",
    "winner": "better preferred chosen",
    "loser": "worse rejected",
    "tie": "",
    "choice": "preference preferred chosen selected selection answer response winner better decision pick vote",
    "reference": "",
    "expected": "",
    "first": "",
}
"""By our name, other names without anything but letters and digits. A picture is a content or a stimulus."""
_ALIASES = {ours: (ours, *others.split()) for ours, others in _OTHER_NAMES.items()}
_MEASURES = {
    "metric": "psnr psnry ssim ssimy msssim lpips dists niqe piqe brisque musiq maniqa clipiqa topiq nima fid kid vmaf",
    "error": "vif fsim gmsd mse rmse mae mad",
    "fact": "age gender sex acuity duration seconds time size width height scale factor x y crop cropborder",
    "cost": "bitrate bpp fps frame frames params flops macs runtime latency memory session seed rank year index row",
    "statistic": "ci cilow cihigh cilower ciupper ci95 lower upper low high median min max minimum maximum",
    "spread": "var variance sem se stderr half line number lpipsalex lpipsvgg",
}
_MEASURE_NAMES = {name for names in _MEASURES.values() for name in names.split()}
"""Names of numbers that are no votes: quality metrics, facts about pictures and people, statistics of votes."""
_SIDES = (("a", "b"), ("left", "right"), ("first", "second"), ("1", "2"))
_SIDED = (
    "",
    "option",
    "image",
    "img",
    "picture",
    "model",
    "method",
    "algorithm",
    "stimulus",
    "item",
    "system",
    "video",
)
_CHOICE_WORDS = {"a", "b", "left", "right", "first", "second", "l", "r", "tie", "same", "equal", "none", "1", "2", "0"}


def squashed(name: str) -> str:
    """Return a name in lower case without anything but letters and digits, and without "id" at its end."""
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    return plain.removesuffix("id") or plain


def is_measure(name: str) -> bool:
    """Whether a column is called as a quality metric or another number that is no vote, as psnr, LPIPS or age."""
    return squashed(name) in _MEASURE_NAMES


def renamed(table: Table, options: ImportOptions) -> Table:
    """Return the wanted rows and columns of a table, under the names that `--columns` gives them.

    Raises:
        BadRatings: A column that is named is not there, or no row is left.
    """
    names = list(table.columns)
    for name, wanted in options.only.items():
        _require(table, [name])
        table = table.keep(table.columns[name] == wanted)
        if not len(table):
            raise BadRatings(f"{table.title}: no row has {name} '{wanted}', which --only asks for")
    _require(table, options.ignore)
    parts = {ours: [theirs] if theirs in names else theirs.split("+") for ours, theirs in options.columns.items()}
    used = {theirs for listed in parts.values() for theirs in listed}
    _require(table, sorted(used))
    # A column of the file that stands in for another, or that another stands in for, goes by our name only.
    hidden = {*parts, *used, *options.ignore}
    kept = {name: cells for name, cells in table.columns.items() if name not in hidden}
    new = {ours: joined([table.columns[name] for name in listed]) for ours, listed in parts.items()}
    return table.with_columns({**kept, **new})


def _require(table: Table, names: Sequence[str]) -> None:
    absent = [name for name in names if name not in table.columns]
    if absent:
        raise BadRatings(f"{table.title} has no column '{absent[0]}'; its columns: {', '.join(table.columns)}")


def find(table: Table, ours: str) -> list[str]:
    """Return the columns that may be what we call `ours`: the one of that name, or all with other names of it."""
    if ours in table.columns:
        return [ours]
    by_plain: dict[str, list[str]] = {}
    for name in table.columns:
        by_plain.setdefault(squashed(name), []).append(name)
    aliases = dict.fromkeys(alias.removesuffix("id") or alias for alias in _ALIASES.get(ours, ()))
    return [name for alias in aliases for name in by_plain.get(alias, [])]


def claim(table: Table, needed: Sequence[str], optional: Sequence[str]) -> dict[str, str]:
    """Return the column for each of our names, as far as there is one.

    Where all that is needed has our names, the file is in our own form, and other names are not looked for.

    Raises:
        BadRatings: Two columns could be the same.
    """
    own = all(name in table.columns for name in needed)
    claimed: dict[str, str] = {}
    for ours in (*needed, *optional):
        candidates = [name for name in find(table, ours) if name not in claimed.values() and (name == ours or not own)]
        if len(candidates) > 1 and ours in (*needed, "model"):
            both = " and ".join(f"'{name}'" for name in candidates[:2])
            raise BadRatings(
                f"{table.title}: columns {both} could both be {ours}; expected one, say which: "
                f"--columns '{ours}={candidates[0]}'"
            )
        if candidates:
            claimed[ours] = candidates[0]
    return claimed


def sides(table: Table) -> tuple[str, str] | None:
    """Return the columns of what was shown on the left and on the right; None where there are none."""
    by_plain = {squashed(name): name for name in table.columns}
    for word in _SIDED:
        for one, other in _SIDES:
            for first, second in ((word + one, word + other), (one + word, other + word)):
                if first in by_plain and second in by_plain and not first.isdigit():
                    return by_plain[first], by_plain[second]
    return None


def refuse_unused_choice(table: Table, claimed: Mapping[str, str], *, compared: bool = False) -> tuple[str, ...]:
    """Return the columns that are not used.

    Args:
        table: The table, with names as `--columns` gives them.
        claimed: Columns that are used, by our names.
        compared: Whether its rows are comparisons, so that each of the usual names of a choice is suspicious.

    Raises:
        BadRatings: One of them looks like the answer of a comparison.
    """
    unused = tuple(name for name in table.columns if name not in claimed.values())
    suspicious = _ALIASES["choice"] if compared else ("choice", "preference", "preferred")
    for name in unused:
        cells = {str(cell).lower() for cell in table.columns[name]} - {""}
        letters = len(cells) > 1 and cells <= _CHOICE_WORDS and not all(cell.isdigit() for cell in cells)
        if letters or squashed(name) in suspicious:
            shown = ", ".join(sorted(cells)[:3])
            raise BadRatings(
                f"{table.title}: column '{name}' ({shown}) looks like the answer of a comparison and was not used; "
                f"expected columns a, b and choice, name them: --columns 'a=NAME,b=NAME,choice={name}', or leave it "
                f"out: --ignore '{name}'"
            )
    return unused
