"""All that a session says, before any format: what holds for all of it, its tables, how to read them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from srbench.report.runs import caption
from srbench.report.speed import tables, trade_off
from srbench.report.speed.tables import number
from srbench.report.speed.trade_off import Quality, TradeOff
from srbench.report.table import Page, Section, Table
from srbench.speed.records import PSNR_DROP_LIMIT_DB, Ceiling, SpeedSession

_MARKS = {
    "?": "not valid, see the notes",
    "!": f"PSNR differs from fp32's by more than {PSNR_DROP_LIMIT_DB} dB on some image",
    "*": "no other is both better and faster (Pareto)",
    "†": "PSNR of fp32 plus ΔPSNR",
    "‡": "value of fp32",
}
"""What the marks in the cells of a table mean, in short."""
CAPTION = (
    "Only the model's call is timed, on input that is already on the device, until the device has finished; "
    "warm-up calls are not counted. A network of luma is timed on that channel alone, without chroma. Latency: one "
    "image a call. Throughput: the largest batch that fits; the word in brackets says what limited it.",
    "ms/image is the median call over the batch, IQR its first and third quartile. p90 and p99 are of whole calls: 90 "
    "and 99 of 100 calls were no slower; with fewer than 100 calls p99 is the slowest one.",
    "Sizes are width × height. Output MP/s: millions of HR pixels a second. 1 MiB is 2^20 bytes; peak is weights, "
    "input and the most memory that the call took beside them.",
    "MACs and FLOPs count the convolutions and matrix products of the unfolded network, the same in every mode; "
    "GFLOPs = 2 × GMACs, by torch's counter; beside it srbench's own count by the shapes of operands: where the two "
    "differ, one of them lacks an operator. Operators that neither counts are named below. Activations: number of "
    "elements in the outputs of all convolutions. Values in the files: parameters and statistics of each weight file.",
    "TFLOP/s: those operations over the median time; % of ceiling: over the best matrix product in this precision that "
    "the same session measured on the device.",
    "ΔPSNR of a mode is its PSNR minus that of plain fp32 on the builtin images, in dB: the mean, and the largest "
    f"change on one image. ! marks more than {PSNR_DROP_LIMIT_DB} dB on some image, in either direction.",
    "First call: the first at this size after the model was loaded, in which kernels are chosen and graphs compiled. "
    "Steady: the median, with the caches as the last call left them. Cold cache: the median of a few calls, before "
    "each of which a buffer larger than the last cache was read and written. Clocks are those before and after the "
    "timed calls; ms at the base clock is the median times the mean of both over the base clock.",
    "valid: whether the measurement can be trusted. The values of a row that is not valid have a ? and are never on "
    "the Pareto front; the reason is below the table. A dash: not known, or failed.",
    "Quality: mean over the images of the run, in the row's own mode where the run has it. † fp32's PSNR plus the "
    "mode's ΔPSNR; ‡ fp32's value, the mode's change in this metric is not known. * and bold: on the Pareto front: no "
    "valid row is at least as good in this metric, as printed, and in output MP/s, and better in one.",
)
_UNITS = {"w": "W", "mhz": "MHz", "mib": "MiB", "c": "°C"}
_ELSEWHERE = {"machine", "device", "packages", "ceiling"}


@dataclass(frozen=True)
class SpeedReport:
    """A session, ready for any format.

    Attributes:
        session: Session as measured.
        page: Tables of work, of speed by scenario and size, and of quality beside speed.
        trade_offs: Content of the last of these tables, and of the plots.
    """

    session: SpeedSession
    page: Page
    trade_offs: tuple[TradeOff, ...]

    @property
    def drawn(self) -> list[TradeOff]:
        """Trade-offs that a plot can show."""
        return [trade_off for trade_off in self.trade_offs if trade_off.drawn]


def build(session: SpeedSession, quality: Quality | None = None) -> SpeedReport:
    """Arrange a session.

    Args:
        session: Session as measured.
        quality: Quality of a run of the same models; PSNR on the builtin images where none is given.
    """
    groups = tables.groups(session.rows)
    trade_offs = trade_off.join(groups, quality or Quality())
    work = [tables.work(groups)] if groups else []
    calls = filter(None, map(tables.calls, groups))
    shown = (*work, *map(tables.speed, groups), *calls, *map(trade_off.table, trade_offs))
    missing = tuple(caption.missing(dict(session.unavailable), ()))
    page = Page(
        title=f"Speed on {machine(session)}",
        lead=(*described(session.device), _ceiling(session.ceiling)),
        tables=shown,
        caption=CAPTION,
        brief_caption=_legend(shown),
        sections=(Section("Not run", missing, "list"),) if missing else (),
    )
    return SpeedReport(session, page, tuple(trade_offs))


def _legend(shown: Sequence[Table]) -> str:
    """Explain the marks that cells of these tables have."""
    cells = [cell for table in shown for row in table.rows for cell in row]
    used = {sign for cell in cells for sign in cell.ending} | ({"*"} if any(cell.best for cell in cells) else set())
    return "; ".join(f"{sign} {meaning}" for sign, meaning in _MARKS.items() if sign in used)


def machine(session: SpeedSession) -> str:
    """Return the device's name, or its kind where it has none."""
    return str(session.device.get("machine") or session.device.get("device") or "an unnamed device")


def described(device: Mapping[str, Any]) -> list[str]:
    """Describe device, versions and settings in one line; what the title has said is left out."""
    title = str(device.get("machine", ""))
    torch = (device.get("packages") or {}).get("torch")
    told = [f"torch {torch}"] if torch else []
    for name, value in device.items():
        if name not in _ELSEWHERE and value is not None and not (isinstance(value, str) and value in title):
            told.append(_fact(name, value))
    return [", ".join(told)] if told else []


def _fact(name: str, value: object) -> str:
    """Print a name and its value; a unit at the name's end goes behind the value."""
    *parts, last = name.split("_")
    if parts and last in _UNITS:
        return f"{' '.join(parts)} {_said(value)} {_UNITS[last]}"
    return f"{name.replace('_', ' ')} {_said(value)}"


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, Mapping):
        return f"({', '.join(_fact(str(name), part) for name, part in value.items() if part is not None)})"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _ceiling(ceiling: Ceiling) -> str:
    best = ", ".join(f"{precision} {number(tflops)}" for precision, tflops in ceiling.tflops.items())
    return f"ceiling: {best + ' TFLOP/s; ' if best else ''}copy {number(ceiling.copy_gb_per_s)} GB/s"
