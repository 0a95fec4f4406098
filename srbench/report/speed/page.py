"""All that a session says, before any format: what holds for all of it, its tables, how to read them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from srbench.report.runs import caption
from srbench.report.speed import tables, trade_off
from srbench.report.speed.tables import number
from srbench.report.speed.trade_off import Quality, TradeOff
from srbench.report.table import Page, Section
from srbench.speed.records import PSNR_DROP_LIMIT_DB, Ceiling, SpeedSession

BRIEF_CAPTION = (
    f"? not valid, see the notes; ! PSNR differs from fp32's by more than {PSNR_DROP_LIMIT_DB} dB on some image; "
    "* nothing is better and faster (Pareto); † fp32 plus ΔPSNR; ‡ fp32."
)
CAPTION = (
    "Timed is the model's call alone, on input that is on the device already, until the device is done; warm-up calls "
    "are not counted. A network of luma is timed on that one channel, without chroma. Latency: one image a call. "
    "Throughput: the largest batch that fits; what ended its growth stands in brackets.",
    "ms/image is the median call over the batch, IQR its first and third quartile. p90 and p99 are of whole calls: 90 "
    "and 99 of 100 calls were no slower; with fewer than 100 calls p99 is the slowest one.",
    "Sizes are width × height. Output MP/s: millions of HR pixels a second. 1 MiB is 2^20 bytes; peak is weights, "
    "input and the most that the call took.",
    "MACs and FLOPs count the convolutions and matrix products of the unfolded network, whatever a mode makes of "
    "it; GFLOPs = 2 × GMACs. Activations: elements that all convolutions put out.",
    "TFLOP/s: those operations over the median time; % of ceiling: over the best matrix product in this precision that "
    "the same session found on the device.",
    "ΔPSNR of a mode is PSNR minus that of plain fp32 on the builtin images, in dB, mean and the image "
    f"farthest from 0. ! marks more than {PSNR_DROP_LIMIT_DB} dB on some image, in either direction.",
    "valid: the value stands. A row that is not valid keeps its values, with ?, and stands on no front; the reason "
    "is below its table. A dash: not known, or failed.",
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
    missing = tuple(caption.missing(dict(session.unavailable), ()))
    page = Page(
        title=f"Speed on {machine(session)}",
        lead=(*described(session.device), _ceiling(session.ceiling)),
        tables=(*work, *map(tables.speed, groups), *map(trade_off.table, trade_offs)),
        caption=CAPTION,
        brief_caption=BRIEF_CAPTION,
        sections=(Section("Not run", missing, "list"),) if missing else (),
    )
    return SpeedReport(session, page, tuple(trade_offs))


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
