"""The sheets of a run's folder: written from the outputs that it kept, and removed with them."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import numpy.typing as npt

from srbench.core.files import atomic_write
from srbench.errors import BadRun
from srbench.evaluation.kept_pictures import measured_picture
from srbench.evaluation.results import RunFolder
from srbench.evaluation.row import TIMINGS, Row
from srbench.report.runs import sheet


def write(
    folder: RunFolder,
    rows: Sequence[Row],
    originals: dict[tuple[str, str], Path],
    beside: Callable[[tuple[str, str]], Mapping[str, npt.NDArray[np.uint8]]] = lambda _: {},
) -> list[str]:
    """Write sheets/<dataset>/<image>.png from the outputs that a run kept.

    Args:
        folder: Folder of the run.
        rows: Rows of the models to show.
        originals: HR files by data set and image.
        beside: Gives the pictures by label that stand beside the outputs of a data set's image; one that is called as
            an output is left out.

    Returns:
        A line for each picture that is left out since it is not the one that was measured.
    """
    by_image: dict[tuple[str, str], dict[Path, list[Row]]] = {}
    refused: list[str] = []
    for row in rows:
        by_image.setdefault((row.dataset, row.image), {}).setdefault(folder.picture(row), []).append(row)
    for place, by_picture in by_image.items():
        outputs = []
        for path, of in by_picture.items():
            try:
                outputs += [_output(path, of)] if measured_picture(folder, of) else []
            except BadRun as error:
                refused.append(str(error))
        if outputs:
            target = _sheet(folder, place)
            with atomic_write(target) as partial:
                labels = {output.label for output in outputs}
                others = {label: picture for label, picture in beside(place).items() if label not in labels}
                sheet.sheet(originals[place], outputs, others).save(partial, format="PNG")
    return refused


def remove(folder: RunFolder, images: Sequence[tuple[str, str]]) -> int:
    """Remove the sheets of some images, and folders that this leaves empty.

    Args:
        folder: Folder of the run.
        images: Their data sets and names.

    Returns:
        Number of sheets that were there.
    """
    sheets = [path for place in images if (path := _sheet(folder, place)).is_file()]
    for path in sheets:
        path.unlink()
        with suppress(OSError):
            path.parent.rmdir()
            path.parent.parent.rmdir()
    return len(sheets)


def _sheet(folder: RunFolder, place: tuple[str, str]) -> Path:
    return folder.path / "sheets" / place[0] / f"{place[1]}.png"


def _output(path: Path, rows: Sequence[Row]) -> sheet.Output:
    measured = [row for row in rows if row.metric not in TIMINGS]
    values = {row.metric: row.value for row in measured}
    label = rows[0].model if rows[0].mode == "fp32" else f"{rows[0].model} ({rows[0].mode})"
    return sheet.Output(label, sheet.values_line(values, {row.metric: row.unit for row in measured}), path)
