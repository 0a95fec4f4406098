"""Several runs under one protocol as one run: each value once, whatever the order in which the runs are named."""

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from srbench.core import files
from srbench.errors import BadRun
from srbench.evaluation import kept_columns, run_head, segments
from srbench.evaluation.kept_pictures import measured_picture
from srbench.evaluation.matched import one_protocol, require_same_pictures
from srbench.evaluation.merged_head import united
from srbench.evaluation.plan_order import in_plan_order
from srbench.evaluation.results import HEAD, ROWS, RunFolder
from srbench.evaluation.row import TIMINGS, WHOLE_SET, Row
from srbench.evaluation.shown import shown

_SAME_DB, _SAME = 1e-3, 1e-5
"""Two values that differ by less say the same: kernels of two processors round a few pixels of an output to another
level, which moves PSNR by about 1e-4 dB."""

_Place = tuple[str, str, str, str, str, str]


@dataclass(frozen=True)
class Merged:
    """What several runs hold together.

    Attributes:
        head: Content of run.json.
        rows: Rows, in the order in which the calls name what they are of.
        pictures: File of each output that a run kept, by its place in a run's folder.
        doubles: Number of values that a second run holds too.
        other_times: Number of times left out, as a model's times on a data set are of one machine.
        notes: What a reader must know of files that were damaged or are not as measured, and of shares that lack.
    """

    head: Mapping[str, Any]
    rows: Sequence[Row]
    pictures: Mapping[Path, Path]
    doubles: int
    other_times: int
    notes: Sequence[str]


def merge(folders: Sequence[RunFolder]) -> Merged:
    """Unite what runs show.

    Args:
        folders: Folders of runs, at least one.

    Raises:
        BadRun: A folder holds no run; the runs are under several protocols, or have other pictures or models of one
            name; or two of them contradict each other.
    """
    one_protocol(folders)
    folders = sorted(folders, key=_age)
    rows = {str(folder.path): shown(folder).rows for folder in folders}
    require_same_pictures(rows)
    heads = [folder.head() for folder in folders]
    kept, doubles = _quality(rows)
    times, other_times = _times(rows, heads)
    head = united(heads, [*kept.values(), *times])
    contents = {name: facts.get("content") for name, facts in head["calls"][-1]["datasets"].items()}
    of_quality = [row for row in kept.values() if row.image != WHOLE_SET or row.hr == contents.get(row.dataset)]
    pictures, notes = _pictures(folders, rows, of_quality)
    damaged = [note for folder in folders for note in folder.left_out.values()]
    notes = [*damaged, *notes, *_shares(heads)]
    return Merged(head, in_plan_order([*of_quality, *times], head["calls"]), pictures, doubles, other_times, notes)


def write(merged: Merged, out: Path) -> RunFolder:
    """Write what several runs hold together as the folder of one run; its rows come last, so that it is whole.

    Args:
        merged: What the runs hold.
        out: New or empty folder, or that of the same merge, which goes on where it was stopped.

    Raises:
        BadRun: There is something else in the folder.
        OSError: It cannot be written.
    """
    files.require_folder(out)
    if out.exists() and any(out.iterdir()) and not _is_begun(out / HEAD, merged.head):
        raise BadRun(f"{out} is not empty; expected a new folder for what the runs hold together")
    run_head.write(out / HEAD, merged.head)
    for place, source in merged.pictures.items():
        files.write(out / place, source.read_bytes())
    files.write(out / ROWS, "".join(row.to_json() + "\n" for row in merged.rows))
    kept_columns.keep(out)
    return RunFolder(out)


def _shares(heads: Iterable[Mapping[str, Any]]) -> list[str]:
    """Say which shares of a run are not there, and whether they were cut by different times."""
    groups: dict[tuple[str, int], list[Mapping[str, Any]]] = {}
    for head in heads:
        for share in (call["share"] for call in head["calls"] if "share" in call):
            groups.setdefault((share["units"], share["of"]), []).append(share)
    lines = []
    for (_, of), stored in sorted(groups.items()):
        lacking = sorted(set(range(1, of + 1)) - {share["index"] for share in stored})
        if lacking:
            lines.append(f"not among the runs: share {', '.join(map(str, lacking))} of {of}")
        if any(share["s_per_px"] != stored[0]["s_per_px"] for share in stored):
            lines.append(
                f"the {of} shares were cut by different stored times, so that images may lack; the same `srbench run` "
                "without --shard into the united folder measures them"
            )
    return lines


def _is_begun(file: Path, head: Mapping[str, Any]) -> bool:
    try:
        there = run_head.read(file)
    except BadRun:
        return False
    return {name: there.get(name) for name in head} == head


def _age(folder: RunFolder) -> tuple[str, str, str]:
    """Older runs first; of equal age by their content, never by their names."""
    calls = folder.head()["calls"]
    stored = [path.read_bytes() for path in [folder.path / ROWS, *segments.paths(folder.path)] if path.exists()]
    hashes = [hashlib.sha256(content).hexdigest() for content in (b"".join(stored), (folder.path / HEAD).read_bytes())]
    return calls[0].get("started", "") if calls else "", hashes[0], hashes[1]


def _place(row: Row) -> _Place:
    return row.dataset, row.model, row.device, row.mode, row.image, row.metric


def _quality(rows: Mapping[str, Sequence[Row]]) -> tuple[dict[_Place, Row], int]:
    """Return the rows that are no times, and the number of those that say what another says."""
    kept: dict[_Place, tuple[str, Row]] = {}
    doubles = 0
    for run, of_run in rows.items():
        for row in of_run:
            if row.metric in TIMINGS:
                continue
            other, seen = kept.setdefault(_place(row), (run, row))
            if seen is row:
                continue
            _require_agreement((other, seen), (run, row))
            doubles += 1
            if row.picture and not seen.picture:
                kept[_place(row)] = run, row
    return {place: row for place, (_, row) in kept.items()}, doubles


def _require_agreement(first: tuple[str, Row], second: tuple[str, Row]) -> None:
    (run, row), (other_run, other) = first, second
    if row.identity != other.identity:
        raise BadRun(
            f"{row.model} is not the same model in {run} and in {other_run}; give one of them another name: "
            f"srbench rename {other_run} {other.model} NEW"
        )
    least = _SAME_DB if row.unit == "dB" else _SAME
    same = row.value == other.value or (math.isnan(row.value) and math.isnan(other.value))
    if not same and not abs(row.value - other.value) <= least:
        where = f"{row.metric} of {row.model} ({row.device} {row.mode}) on {row.dataset}/{row.image}"
        raise BadRun(
            f"{where} is {row.value:.7g} in {run} and {other.value:.7g} in {other_run}; expected one value. See "
            f"srbench compare {run} {other_run}, and leave one out: srbench rm {other_run} --models {row.model}"
        )


def _times(rows: Mapping[str, Sequence[Row]], heads: Iterable[Mapping[str, Any]]) -> tuple[list[Row], int]:
    """Return the times of one machine for each model and data set, and the number of all others.

    It is the machine with most images; of several, that of the row with the lowest hash. Of one image the row of the
    lowest hash stays.
    """
    machines = {name: str(facts.get("machine", name)) for head in heads for name, facts in head["environments"].items()}
    groups: dict[tuple[str, ...], dict[str, dict[str, list[Row]]]] = {}
    count = 0
    for of_run in rows.values():
        for row in of_run:
            if row.metric in TIMINGS:
                count += 1
                of = groups.setdefault((row.dataset, row.model, row.device, row.mode, row.metric), {})
                of_machine = of.setdefault(machines.get(row.environment, row.environment), {})
                of_machine.setdefault(row.image, []).append(row)
    kept = []
    for by_machine in groups.values():
        chosen = [[min(of, key=_digest) for of in images.values()] for images in by_machine.values()]
        most = max(map(len, chosen))
        kept += min((of for of in chosen if len(of) == most), key=lambda of: min(map(_digest, of)))
    return kept, count - len(kept)


def _digest(row: Row) -> str:
    return hashlib.sha256(row.to_json().encode()).hexdigest()


def _pictures(
    folders: Sequence[RunFolder], rows: Mapping[str, Sequence[Row]], kept: Iterable[Row]
) -> tuple[dict[Path, Path], list[str]]:
    """Find the files of the outputs that rows measured; those that are not as measured are left out."""
    wanted = {(row.picture, _place(row)[:5]) for row in kept if row.picture}
    found: dict[Path, Path] = {}
    notes = []
    for folder in folders:
        for row in rows[str(folder.path)]:
            relative = folder.picture(row).relative_to(folder.path)
            if (row.picture, _place(row)[:5]) in wanted and relative not in found:
                try:
                    if path := measured_picture(folder, [row]):
                        found[relative] = path
                except BadRun as error:
                    notes.append(str(error))
    return found, list(dict.fromkeys(notes))
