"""Where the pictures of a study come from: originals, chosen regions, photographs for calibration."""

import csv
import re
from pathlib import Path
from typing import TYPE_CHECKING

from srbench.cli import console, options
from srbench.core import files
from srbench.core.paths import weights_roots
from srbench.errors import BadStudy, UserError, first_line

if TYPE_CHECKING:
    from srbench.survey.stimuli.pictures import Source

WHOLE, HALF = "960x450", "560x450"
"""Sizes of a picture that stands alone, and of one of two, which fit into the window of a laptop."""


def originals(run: Path, datasets: list[str] | None, scale: int, data_root: Path | None) -> dict[tuple[str, str], Path]:
    """Return the originals of a run's images, by data set and name."""
    from srbench.core.assets import AssetStore
    from srbench.datasets.locate import locate
    from srbench.evaluation.originals import noted_originals
    from srbench.evaluation.results import RunFolder

    folder = RunFolder(run)
    noted = noted_originals(folder)
    kept = dict.fromkeys(row.dataset for row in folder.rows() if folder.picture(row).is_file())
    if not kept:
        raise BadStudy(f"{run} has kept no pictures; keep them by srbench run --save-images")
    names = options.split(datasets) if datasets else list(kept)
    store = AssetStore(weights_roots(None))
    found: dict[tuple[str, str], Path] = {}
    with console.fetching(store):
        for name in names:
            dataset = noted.named(name)
            if dataset:
                found |= noted.files[dataset]
            elif noted.places.get(name):
                raise UserError(
                    f"originals of '{name}' in {noted.places[name]} are gone or changed since {run} was made; put them "
                    "back, or choose others with --datasets"
                )
            else:
                images = locate(name, store, scale=scale, data_root=data_root)
                found |= {(images.id, item.name): item.hr for item in images.items}
    return found


def stated_area(text: str) -> tuple[int, int]:
    """Return the width and height that --area asks for, in pixels."""
    size = re.fullmatch("([1-9][0-9]{0,4})x([1-9][0-9]{0,4})", text)
    if size is None:
        raise UserError(f"--area '{text}' is no size; expected WIDTHxHEIGHT, as {WHOLE}")
    return int(size[1]), int(size[2])


def chosen_crops(path: Path | None) -> dict[tuple[str, str], tuple[int, ...]]:
    """Return the regions of the file of --crops, by data set and content: top, left, and height, width if stated."""
    if path is None:
        return {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        sides = ("height", "width") if rows and "height" in rows[0] else ()
        regions = (tuple(int(row[name]) for name in ("top", "left", *sides)) for row in rows)
        return {(row["dataset"], row["content"]): region for row, region in zip(rows, regions, strict=True)}
    except (OSError, KeyError, ValueError, TypeError) as error:
        what = files.absent_or(path, f"cannot be read ({first_line(error)})")
        raise UserError(f"{path} {what}; expected a CSV with dataset,content,top,left, or also height,width") from error


def calibration_photographs(folder: Path | None, sources: "list[Source]") -> dict[str, Path]:
    """Return HR images outside the study by name: those of a folder, or photographs that come with srbench."""
    from srbench.core.assets import AssetStore
    from srbench.datasets.locate import locate
    from srbench.survey.stimuli.pictures import spare_photographs

    if folder:
        images = locate(f"{folder}/", AssetStore(weights_roots(None)), scale=1)
        return {item.name: item.hr for item in images.items}
    rated = {source.content for source in sources}
    builtin = locate("builtin", AssetStore(weights_roots(None)), scale=1)
    photographs = {item.name: item.hr for item in builtin.items} | spare_photographs()
    return {name: path for name, path in photographs.items() if name not in rated}
