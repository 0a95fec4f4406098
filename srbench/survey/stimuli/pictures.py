"""The pictures of a study before it is made: from the images that a run kept, or from folders."""

import importlib.util
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from srbench.core import image_folder
from srbench.core.files import absent_or
from srbench.errors import BadStudy
from srbench.evaluation.kept_pictures import measured_picture
from srbench.evaluation.results import RunFolder
from srbench.evaluation.row import Row
from srbench.evaluation.shown import shown
from srbench.ratings.join import output_key
from srbench.survey.plan import run_models
from srbench.survey.plan.design import REFERENCE

_REFERENCE_FOLDERS = {"hr", "reference", "original", "gt"}
_SPARE = "rocket"


@dataclass(frozen=True)
class Source:
    """A picture before it is cropped.

    Attributes:
        dataset: Data set of the image; empty for plain folders.
        content: Name of the image.
        model: Id of the model; "hr" for the original.
        path: Image file.
        output_key: What identifies the output in any run; empty for originals and for plain folders.
        as_shown: Whether it is taken as a viewer shows it, turned by its orientation tag and with its colour profile,
            and not with the pixels that a run has measured.
        anchor: Whether the file is the original, of which the picture, nearest neighbour or bicubic, is to be made.
    """

    dataset: str
    content: str
    model: str
    path: Path
    output_key: str = ""
    as_shown: bool = False
    anchor: bool = False

    @property
    def reference(self) -> bool:
        """Whether the picture is the original."""
        return self.model == REFERENCE


def from_run(
    run: Path, originals: Mapping[tuple[str, str], Path], models: Sequence[str]
) -> tuple[list[Source], list[str]]:
    """Return the outputs that `srbench run --save-images` kept, their originals, and what is left out.

    Args:
        run: Folder of the run.
        originals: HR files by data set and image; images that are not among them are left out.
        models: Models, named as for `srbench run`; where it is empty, those that give the most pictures.

    Raises:
        BadRun: The folder holds no run, or a picture is not the one that was measured.
        BadStudy: A model that was asked for is not in the run, or no image has kept pictures of all.
    """
    folder = RunFolder(run)
    rows = [row for row in shown(folder).rows if (row.dataset, row.image) in originals]
    asked = run_models.named(models, _places(folder, rows), REFERENCE)
    wanted = asked or list(dict.fromkeys(row.model for row in rows))
    outputs: dict[tuple[str, str, str], dict[Path, list[Row]]] = {}
    for row in rows:
        if row.model in wanted:
            of_image = outputs.setdefault((row.dataset, row.image, row.model), {})
            of_image.setdefault(folder.picture(row), []).append(row)
    sources: dict[tuple[str, str, str], Source] = {}
    for image_key, by_picture in outputs.items():
        kept = ((path, of[0]) for of in by_picture.values() if (path := measured_picture(folder, of)))
        if found := next(kept, None):
            sources[image_key] = Source(*image_key, found[0], output_key(found[1]))
    contents: dict[run_models.Content, list[str]] = {}
    for *content, model in sources:
        contents.setdefault((content[0], content[1]), []).append(model)
    measured = [model for model in asked if model != REFERENCE]
    chosen, shared = run_models.same_for_all(contents, measured)
    if not shared:
        lacking = [model for model in wanted if all(model not in of for of in contents.values())]
        if lacking:
            raise BadStudy(f"{run} has no pictures of {', '.join(lacking)}; keep them by srbench run --save-images")
        every = ", ".join(chosen)
        raise BadStudy(
            f"{run} has no image with pictures of all of {every}; run them on one data set: srbench run --save-images"
        )
    references = [Source(dataset, name, REFERENCE, originals[dataset, name]) for dataset, name in shared]
    taken = [source for key, source in sources.items() if source.model in chosen and key[:2] in shared]
    lines = _left_out([model for model in wanted if model not in chosen and model != REFERENCE], contents, shared)
    return [*taken, *references], lines


def _places(folder: RunFolder, rows: Iterable[Row]) -> dict[str, str]:
    """Return the models of rows, each with the file that it comes from; empty where it comes from none."""
    known = {
        name: str(facts.get("place", "")) for call in folder.head()["calls"] for name, facts in call["models"].items()
    }
    return {row.model: known.get(row.model, "") for row in rows}


def _left_out(
    models: Sequence[str], contents: Mapping[run_models.Content, Sequence[str]], shared: Sequence[run_models.Content]
) -> list[str]:
    """Name the models and the images that a study is not of, with the reason."""
    bare = [model for model in models if all(model not in of for of in contents.values())]
    partial = [model for model in models if model not in bare]
    images = [f"{dataset}/{name}" for dataset, name in contents if (dataset, name) not in shared]
    lines = {
        "no kept pictures": bare,
        "no pictures of the images that are rated": partial,
        "not a picture of every model": images,
    }
    return [f"left out ({why}): {', '.join(names)}" for why, names in lines.items() if names]


def from_folders(folder: Path, models: Sequence[str]) -> tuple[list[Source], list[str]]:
    """Return images that lie as `<model>/<image>.png` or `<dataset>/<model>/<image>.png`, and what else there is.

    A folder hr, reference, original or gt has the originals.

    Raises:
        BadStudy: There are no images, or a model has no folder.
    """
    if not folder.is_dir():
        raise BadStudy(f"{folder} {absent_or(folder, 'is no folder')}; expected one with a folder for each model")
    listing = image_folder.find(folder, deep=True)
    left_out = Counter(listing.left_out)
    sources = []
    for path in listing.images:
        parts = path.relative_to(folder).parts
        if len(parts) in (2, 3):
            model = REFERENCE if parts[-2].lower() in _REFERENCE_FOLDERS else parts[-2]
            sources.append(Source(parts[0] if len(parts) == 3 else "", path.stem, model, path, as_shown=True))
        else:
            left_out["image in no model's folder"] += 1
    if not sources:
        raise BadStudy(f"{folder} holds no images as <model>/<image>.png or <dataset>/<model>/<image>.png")
    models_present = {source.model for source in sources}
    missing = [model for model in models if model not in models_present]
    if missing:
        raise BadStudy(f"{folder} has no folder {', '.join(missing)}; there are {', '.join(sorted(models_present))}")
    wanted = [source for source in sources if not models or source.model in {*models, REFERENCE}]
    return wanted, replace(listing, left_out=left_out).describe()


def spare_photographs() -> dict[str, Path]:
    """Return a photograph of the scikit-image package that is not in the builtin data set, for calibration.

    It is rocket (SpaceX), in the public domain.
    """
    spec = importlib.util.find_spec("skimage")
    places = spec.submodule_search_locations if spec else None
    path = Path(places[0]) / "data" / f"{_SPARE}.jpg" if places else None
    return {_SPARE: path} if path and path.is_file() else {}


def with_anchors(sources: Sequence[Source], names: Sequence[str]) -> list[Source]:
    """Return pictures with anchors of every original, where no model has an anchor's name already."""
    wanted = [name for name in names if all(source.model != name for source in sources)]
    originals = [source for source in sources if source.reference]
    made = [replace(source, model=name, anchor=True) for source in originals for name in wanted]
    return [*sources, *made]
