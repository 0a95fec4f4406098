"""The report of `srbench claims`: printed scores beside measured ones."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from srbench import protocol as protocols
from srbench.core.wording import counted
from srbench.evaluation.claims import DIGITS, WITHIN, Check
from srbench.report.runs.caption import machines
from srbench.report.table import DASH, Cell, Column, Page, Table, text_column

_HEADS = {"psnr": "PSNR [dB]", "ssim": "SSIM", "lpips": "LPIPS"}


@dataclass(frozen=True)
class ClaimsReport:
    """What became of each claim.

    Attributes:
        checks: One for each printed score, in the order of protocols.
        environment: Machine and versions, as of a run.
    """

    checks: Sequence[Check]
    environment: Mapping[str, Any]

    @property
    def differing(self) -> int:
        """Number of printed scores that ours differ from."""
        return sum(check.verdict == "differs" for check in self.checks)

    def as_dict(self) -> dict[str, Any]:
        """Return everything as JSON can hold it."""
        checks = [{**asdict(check), "difference": check.difference} for check in self.checks]
        return {"claims": checks, "verdicts": self._count(), "environment": dict(self.environment)}

    def page(self) -> Page:
        """Arrange a table for each protocol."""
        tables = [_table(name, list(of)) for name, of in groupby(self.checks, key=lambda check: check.protocol)]
        count = self._count()
        caption = (
            f"{counted(len(self.checks), 'printed score')}: {count['agrees']} agree, {count['differs']} differ, "
            f"{count['not checked']} were not checked",
            f"agrees: within {WITHIN['psnr']} dB of PSNR or {WITHIN['ssim']} of SSIM or LPIPS, or the same rounded",
            *self._conventions(),
            *(f"{reason}: {', '.join(models)}" for reason, models in self._unchecked().items()),
        )
        lead = tuple(machines([("fp32", dict(self.environment))]))
        return Page("Claims of the cards, measured again", lead, tuple(tables), caption=caption)

    def _count(self) -> dict[str, int]:
        found = Counter(check.verdict for check in self.checks)
        return {"agrees": found["agrees"], "differs": found["differs"], "not checked": found["not checked"]}

    def _conventions(self) -> list[str]:
        """Name the conventions that give what differs, a line for each model and data set."""
        known = [(f"{each.model} on {each.dataset}", each.convention) for each in self.checks if each.convention]
        return [f"{place}: convention that gives the printed scores: {text}" for place, text in dict.fromkeys(known)]

    def _unchecked(self) -> dict[str, list[str]]:
        models: dict[str, list[str]] = {}
        for check in self.checks:
            of = models.setdefault(check.reason, []) if check.reason else []
            if check.model not in of:
                of.append(check.model)
        return models


def _table(name: str, checks: Sequence[Check]) -> Table:
    columns = (
        *(text_column("model"), text_column("data set"), text_column("metric")),
        *(Column("printed"), Column("ours"), Column("difference")),
        *(text_column("verdict"), text_column("source", rank=1)),
    )
    known = protocols.find(name).describe("")
    return Table(f"claims-{name}", name, columns, tuple(_row(check) for check in checks), (known,))


def _row(check: Check) -> tuple[Cell, ...]:
    digits = DIGITS[check.metric]
    ours = DASH if check.ours is None else f"{check.ours:.{digits}f}"
    difference = DASH if check.difference is None else f"{check.difference:+.{digits + 1}f}"
    texts = (check.model, check.dataset, _HEADS[check.metric], f"{check.printed:.{digits}f}", ours, difference)
    return tuple(map(Cell, (*texts, check.verdict, check.source)))
