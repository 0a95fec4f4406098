"""The methods paragraph of a run, ready to be pasted into a paper, with the BibTeX of all that it names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from srbench import __version__
from srbench.core.bibliography import Cited, Entry
from srbench.protocol import Protocol
from srbench.report.formats import latex
from srbench.report.table import Page, Section
from srbench.stats.corrections import LEVEL
from srbench.stats.means import interval_in_words

SOFTWARE = Entry(
    "srbench",
    "@misc{srbench,\n"
    "  author = {{The srbench developers}},\n"
    "  title = {srbench: A Benchmark and Evaluation Suite for Image Super-Resolution},\n"
    f"  howpublished = {{Software, version {__version__}}},\n"
    "  year = {2026}\n"
    "}",
    "srbench, 2026",
)
"""This software."""

_MARK = re.compile(" \x02([^\x03]+)\x03")
"""A citation in the text: keys, comma-separated, between control characters, which no name has."""

_ROUNDED = {
    "passes": "rounded to 8 bits after each of the two passes",
    "end": "rounded to 8 bits at the end",
    "none": "not rounded",
}
_EDGES = {"mirror": "mirrored", "replicate": "replicated"}


@dataclass(frozen=True)
class Methods:
    """How the values of a run came about.

    Attributes:
        protocol: Protocol of the run.
        models: Models, in the order of the tables.
        metrics: Metrics.
        datasets: Data sets.
        machines: A line for each mode and machine.
        timed: Whether times are among the values.
        rated: Whether opinions of people are among the values.
        lr: What is known of LR images that were given.
    """

    protocol: Protocol
    models: Sequence[Cited]
    metrics: Sequence[Cited]
    datasets: Sequence[Cited]
    machines: Sequence[str] = ()
    timed: bool = False
    rated: bool = False
    lr: Sequence[str] = ()

    @property
    def entries(self) -> list[Entry]:
        """Every publication once: this software, then those of data sets, metrics and models."""
        found = [entry for one in (*self.datasets, *self.metrics, *self.models) for entry in one.entries]
        return list({entry.key: entry for entry in (SOFTWARE, *found)}.values())

    @property
    def without(self) -> list[str]:
        """Names of models, metrics and data sets of which no publication is known."""
        return [one.name for one in (*self.datasets, *self.metrics, *self.models) if not (one.entries or one.own)]

    def page(self) -> Page:
        """Arrange paragraph and BibTeX for a terminal, Markdown or HTML."""
        shorts = {entry.key: entry.short for entry in self.entries}
        texts = (
            _MARK.sub(lambda mark: f" ({'; '.join(shorts[key] for key in mark[1].split(','))})", text)
            for text in self._paragraphs()
        )
        bibtex = "\n\n".join(entry.bibtex for entry in self.entries)
        return Page("Methods", sections=(Section("", tuple(texts)), Section("BibTeX", (bibtex,), "code")))

    def latex(self) -> str:
        r"""Write the paragraph with `\cite`, and the entries as the file that a bibliography reads."""
        parts = _MARK.split("\n\n".join(self._paragraphs()))
        texts = [rf"~\cite{{{part}}}" if number % 2 else _escaped(part) for number, part in enumerate(parts)]
        bibtex = "\n\n".join(entry.bibtex for entry in self.entries)
        file = f"\\begin{{filecontents*}}[overwrite]{{srbench.bib}}\n{bibtex}\n\\end{{filecontents*}}"
        how = "% In the paper: \\bibliographystyle{plain}\\bibliography{srbench}"
        return f"{file}\n{how}\n\n{''.join(texts)}\n"

    def as_dict(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        kinds = {"models": self.models, "metrics": self.metrics, "datasets": self.datasets}
        return {
            "methods": "\n\n".join(self.page().sections[0].lines),
            "bibtex": [{"key": entry.key, "short": entry.short, "entry": entry.bibtex} for entry in self.entries],
            **{
                kind: [
                    {"name": one.name, "facts": list(one.facts), "cites": [entry.key for entry in one.entries]}
                    for one in cited
                ]
                for kind, cited in kinds.items()
            },
            "without_reference": self.without,
        }

    def _paragraphs(self) -> list[str]:
        """Data, models and measures, with the keys of their citations."""
        data = [
            f"Images were upscaled by a factor of {self.protocol.scale} and measured with srbench "
            f"{__version__} \x02{SOFTWARE.key}\x03 under its protocol {self.protocol.name}.",
            f"Test images were {_listed(self.datasets)}.",
            self._pairs(),
        ]
        measures = [
            self._measured(),
            f"Metrics were {_listed(self.metrics)}." if self.metrics else "",
            self._statistics(),
            "Opinions are mean opinion scores of people, from a study of its own." if self.rated else "",
            "Times are medians of single calls of the warmed-up model alone." if self.timed else "",
            f"Values were computed on {'; '.join(self.machines)}." if self.machines else "",
        ]
        return [" ".join(data), f"Models were {_listed(self.models)}.", " ".join(filter(None, measures))]

    def _pairs(self) -> str:
        """Say how LR was made."""
        of = self.protocol
        cropped = f"Originals (HR) were cropped at the right and bottom to a multiple of {of.hr_multiple} pixels"
        reduced = " and reduced to their luma" if of.content == "luma" else ""
        if of.lr == "alone":
            return "Images were upscaled as they are; they have no originals to be compared with."
        if of.lr == "given":
            return f"{cropped}{reduced}; low-resolution images (LR) were given as files{_known(self.lr)}."
        return (
            f"{cropped}{reduced}. Low-resolution images (LR) were made from them by bicubic interpolation as in "
            f"MATLAB's imresize (a = -0.5, antialiased), with {_EDGES[of.lr_edge]} edges, {_ROUNDED[of.lr_rounding]}."
        )

    def _measured(self) -> str:
        """Say what of an output is measured."""
        of = self.protocol
        rounded = "clipped and rounded to 8 bits" if of.sr_rounding else "clipped, not rounded,"
        luma = f"luma (BT.601, 16 to 235, {'rounded' if of.y_rounding else 'not rounded'}; of grey images their values)"
        shaved = f"after {of.border_px} pixels were shaved from each side" if of.border_px else "of whole images"
        return (
            f"Outputs were {rounded} before they were measured; where nothing else is said, "
            f"on {luma if of.channel == 'y' else 'the RGB channels'}, {shaved}."
        )

    def _statistics(self) -> str:
        tests = (
            " Every two models were compared by a two-sided paired t test over the images of a data set, corrected for "
            f"all pairs of models of a data set and metric by Holm's method; a difference is called one where p is "
            f"below {LEVEL * 100:g} % with and without the outlying images that favour it."
        )
        return (
            "Scores are means over the images of a data set, each image counting once, with 95 % intervals "
            f"({interval_in_words()}) over images like these." + (tests if len(self.models) > 1 else "")
        )


def _listed(cited: Sequence[Cited]) -> str:
    return "; ".join(", ".join([one.title + _cite(one.entries), *one.facts]) for one in cited)


def _cite(entries: Sequence[Entry]) -> str:
    return f" \x02{','.join(entry.key for entry in entries)}\x03" if entries else ""


def _known(lr: Sequence[str]) -> str:
    return f" ({'; '.join(lr)})" if lr else ""


def _escaped(text: str) -> str:
    return "\n\n".join(latex.escape(part) for part in text.split("\n\n"))
