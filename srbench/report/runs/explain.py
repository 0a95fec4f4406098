"""The pages of `srbench explain`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from srbench.evaluation.conventions import CHOICES, Choice, Convention
from srbench.evaluation.printed import Match, Printed, Search
from srbench.evaluation.steps import Walk, decibel
from srbench.report.table import DASH, Cell, Column, Page, Table, text_column, text_rows

_MOST = 20
_PIXELWISE = "Luma is taken pixel by pixel: whether the border is shaved before or after it makes no difference."


@dataclass(frozen=True)
class Scored:
    """A convention and what it gives.

    Attributes:
        convention: The convention.
        psnr: PSNR in dB.
        ssim: SSIM.
    """

    convention: Convention
    psnr: float
    ssim: float


@dataclass(frozen=True)
class Ending:
    """The value of a metric at the end of the steps.

    Attributes:
        metric: Name of the metric.
        value: What the steps give.
        stored: Value of the row of a run; None where there is none.
        key: Key of this row.
    """

    metric: str
    value: float
    stored: float | None = None
    key: str = ""

    @property
    def text(self) -> str:
        """The value with all digits, and whether the stored row has the same."""
        if self.stored is None:
            return f"{self.metric}: {self.value!r}"
        if self.stored == self.value:
            return f"{self.metric}: {self.value!r}, equal to the stored row {self.key} in every digit"
        return f"{self.metric}: {self.value!r}; the stored row {self.key} has {self.stored!r}"


def steps_table(name: str, walk: Walk, endings: Sequence[Ending]) -> Table:
    """Arrange the steps of one image; the notes say how they end."""
    columns = (text_column("step"), Column("size"), Column("lowest"), Column("highest"), Column("mean"))
    rows = text_rows(
        (
            *(one.name, f"{one.size[0]} x {one.size[1]} x {one.size[2]}"),
            *(f"{one.lowest:.2f}", f"{one.highest:.2f}", f"{one.number:.4f}"),
        )
        for one in walk.steps
    )
    mse = walk.steps[-1].number
    notes = (
        f"of the error the mean of its square stands: 10 log10(255^2 / {mse:.6f}) = {decibel(mse):.4f} dB",
        *(ending.text for ending in endings),
        *(f"{metric}: {reason}" for metric, reason in walk.failed.items()),
    )
    return Table("steps", name, columns, rows, notes)


def conventions_table(name: str, scored: Sequence[Scored], others: Mapping[str, float | str]) -> Table:
    """Arrange the default and what each other choice gives, with who makes it.

    Args:
        name: What is measured.
        scored: The default, and the conventions of one other choice.
        others: Values of other metrics by the default, or why they cannot be had.
    """
    base = scored[0]
    columns = (text_column("convention"), Column("PSNR [dB]"), Column("SSIM"), text_column("who uses it"))
    told = [f"{each}: {value if isinstance(value, str) else f'{value:.4f}'}" for each, value in others.items()]
    rows = [("the default", f"{base.psnr:.4f}", f"{base.ssim:.4f}", "")]
    for one in scored[1:]:
        (choice,) = one.convention.differs(base.convention)
        rows.append((choice.title, f"{one.psnr:.4f}", f"{one.ssim:.4f}", choice.who))
    return Table("conventions", name, columns, text_rows(rows), (_summary(scored), _PIXELWISE, *told))


def _summary(scored: Sequence[Scored]) -> str:
    """Say in one sentence what the default is and what the other usual channel gives."""
    base, other = scored[0], "rgb" if scored[0].convention.channel != "rgb" else "y"
    found = next((one for one in scored if one.convention.channel == other), None)
    is_ = ", ".join(choice.title for choice in CHOICES if _says(choice, base.convention))
    gives = f"; {other.upper()} gives {found.psnr:.2f}" if found else ""
    return f"{base.psnr:.2f} is {is_}{gives}."


def _says(choice: Choice, convention: Convention) -> bool:
    return choice.axis in ("channel", "border", "lr") and convention.values[choice.axis] == choice.value


def choices_table(axes: Sequence[str]) -> Table:
    """Arrange the table of conventions, of some axes, with who uses them and where that is stated."""
    columns = (text_column("of"), text_column("convention"), text_column("who uses it"), text_column("source", rank=1))
    rows = text_rows((one.axis, one.title, one.who, one.source or DASH) for one in CHOICES if one.axis in axes)
    return Table("choices", "conventions that circulate; the first of each is the usual one", columns, rows)


def search_table(names: Sequence[str], printed: Sequence[Printed], base: Convention, found: Search) -> Table:
    """Arrange the conventions that give a printed score, or that come nearest to it."""
    shown = found.matches or found.nearest
    columns = [text_column("convention")]
    for name in names:
        columns += [Column("PSNR [dB]", group=name), Column("SSIM", group=name)]
    columns.append(text_column("who uses what differs", rank=1))
    rows = [_match_row(match, base) for match in shown[:_MOST]]
    wanted = ", ".join(f"{name} {one}" for name, one in zip(names, printed, strict=True))
    return Table("printed", f"printed: {wanted}", tuple(columns), tuple(rows), tuple(_verdict(base, found)))


def _match_row(match: Match, base: Convention) -> tuple[Cell, ...]:
    who = "; ".join(dict.fromkeys(choice.who for choice in match.convention.differs(base)))
    texts = [match.convention.describe(base)]
    for psnr, ssim in match.values:
        texts += [f"{psnr:.4f}", DASH if ssim is None else f"{ssim:.5f}"]
    return tuple(map(Cell, [*texts, who]))


def _verdict(base: Convention, found: Search) -> list[str]:
    tried = f"of {found.tried} tried"
    if not found.matches:
        return [f"No convention {tried} gives all printed digits; the nearest are shown."]
    count = len(found.matches)
    says = "convention gives" if count == 1 else "conventions give"
    lines = [f"{count} {says} all printed digits, {tried}, the nearest to the default first."]
    lines += [f"{count - _MOST} more are in --json."] if count > _MOST else []
    for match in found.matches[:_MOST]:
        if match.same:
            others = "; ".join(each.describe(base) for each in match.same[:3])
            more = f"; and {len(match.same) - 3} more" if len(match.same) > 3 else ""
            lines.append(f"{match.convention.describe(base)}: the same in every digit: {others}{more}")
    return lines


def page(title: str, lead: Sequence[str], tables: Sequence[Table]) -> Page:
    """Put tables on one page."""
    return Page(title, tuple(lead), tuple(tables))


def match_record(match: Match, base: Convention, names: Sequence[str]) -> dict[str, Any]:
    """Return a match as JSON can hold it."""
    values = {name: {"psnr": psnr, "ssim": ssim} for name, (psnr, ssim) in zip(names, match.values, strict=True)}
    return {
        "convention": match.convention.describe(base),
        "choices": match.convention.values,
        "distance": match.convention.distance(base),
        "who": {choice.title: choice.who for choice in match.convention.differs(base)},
        "values": values,
        "same": [each.describe(base) for each in match.same],
    }


def search_record(found: Search, base: Convention, names: Sequence[str]) -> dict[str, Any]:
    """Return what a search found as JSON can hold it."""
    parts = {"matches": found.matches, "nearest": found.nearest}
    return {name: [match_record(each, base, names) for each in of] for name, of in parts.items()} | {
        "tried": found.tried
    }


def scored_record(scored: Sequence[Scored]) -> list[dict[str, Any]]:
    """Return conventions and their values as JSON can hold them."""
    base = scored[0].convention
    return [
        {
            "convention": one.convention.describe(base),
            "choices": one.convention.values,
            "psnr": one.psnr,
            "ssim": one.ssim,
            "who": "; ".join(choice.who for choice in one.convention.differs(base)),
        }
        for one in scored
    ]


def steps_record(walk: Walk, endings: Sequence[Ending]) -> dict[str, Any]:
    """Return the steps of an image as JSON can hold them."""
    ends = [asdict(one) | {"equal": None if one.stored is None else one.stored == one.value} for one in endings]
    return {"steps": [asdict(one) for one in walk.steps], "values": ends, "failed": walk.failed}
