"""The pictures of a study before it is made: from the images that a run kept or from folders, cropped, never scaled."""

import importlib.util
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from srbench.core import image, image_file, image_folder
from srbench.core.files import absent_or
from srbench.core.image_file import Colour
from srbench.core.resize import Kernel, resize
from srbench.errors import BadStudy
from srbench.evaluation.kept_pictures import measured_picture
from srbench.evaluation.pairing import degrade
from srbench.evaluation.results import Row, RunFolder
from srbench.evaluation.shown import shown
from srbench.protocol import Protocol
from srbench.ratings.join import output_key
from srbench.survey.plan import run_models
from srbench.survey.plan.design import REFERENCE

_REFERENCE_FOLDERS = {"hr", "reference", "original", "gt"}
_SPARE = "rocket"
_WORST: Kernel = "nearest"
_MIDDLE: Kernel = "bicubic"
ANCHORS = (_WORST, _MIDDLE, REFERENCE)


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


@dataclass(frozen=True)
class Crop:
    """The part of a content that is shown, the same for all its models.

    Attributes:
        top: First row, from 0.
        left: First column, from 0.
        height: Number of rows.
        width: Number of columns.
        whole: Whether that is all that the pictures of the content have in common.
    """

    top: int
    left: int
    height: int
    width: int
    whole: bool = False

    def __str__(self) -> str:
        """The rectangle as it is stored, "x,y,width,height"; empty for the whole."""
        return "" if self.whole else f"{self.left},{self.top},{self.width},{self.height}"


def with_anchors(sources: Sequence[Source], names: Sequence[str]) -> list[Source]:
    """Return pictures with anchors of every original, where no model has an anchor's name already."""
    wanted = [name for name in names if all(source.model != name for source in sources)]
    originals = [source for source in sources if source.reference]
    made = [replace(source, model=name, anchor=True) for source in originals for name in wanted]
    return [*sources, *made]


def crops(
    sources: Iterable[Source], area_px: tuple[int, int], chosen: Mapping[tuple[str, str], tuple[int, ...]], seed: int
) -> dict[tuple[str, str], Crop]:
    """Return for each data set and content the part that fits the viewer's area; nothing is ever scaled.

    Outputs begin at the top left of their original and may be smaller than it (HR is cropped to a multiple of the
    scale); what all have is what can be shown.

    Args:
        sources: All pictures.
        area_px: Width and height of the viewer's area in pixels.
        chosen: First row and column of chosen crops, and height and width where they are smaller than what fits; the
            others are drawn.
        seed: Seed of the crops that are drawn.

    Raises:
        BadStudy: A chosen crop lies outside the picture, or is of no picture.
    """
    sizes: dict[tuple[str, str], tuple[int, int]] = {}
    for source in sources:
        if source.anchor:
            continue
        height, width = _read(source)[0].shape[:2]
        key = source.dataset, source.content
        before = sizes.get(key, (height, width))
        sizes[key] = min(before[0], height), min(before[1], width)
    unknown = sorted("/".join(filter(None, key)) for key in chosen.keys() - sizes.keys())
    if unknown:
        raise BadStudy(f"crops are given for {', '.join(unknown)}, which the study does not have; correct the file")
    crop_of = {}
    for number, (key, (height, width)) in enumerate(sorted(sizes.items())):
        room = min(height, area_px[1]), min(width, area_px[0])
        region = chosen.get(key, ())
        size = _chosen_size(key, region, room) or room
        generator = np.random.default_rng((seed, 4, number))
        drawn = int(generator.integers(height - size[0] + 1)), int(generator.integers(width - size[1] + 1))
        start = (region[0], region[1]) if region else drawn
        if not (0 <= start[0] <= height - size[0] and 0 <= start[1] <= width - size[1]):
            raise BadStudy(
                f"the crop of {'/'.join(filter(None, key))} begins at row {start[0]}, column {start[1]}; its "
                f"{width} x {height} px leave room up to row {height - size[0]}, column {width - size[1]}"
            )
        crop_of[key] = Crop(*start, *size, whole=size == (height, width))
    return crop_of


def _chosen_size(key: tuple[str, str], region: Sequence[int], room: tuple[int, int]) -> tuple[int, int] | None:
    """Height and width of a chosen region that states them; None where it does not."""
    if len(region) < 4:
        return None
    _, _, height, width = region
    if not (0 < height <= room[0] and 0 < width <= room[1]):
        raise BadStudy(
            f"the crop of {'/'.join(filter(None, key))} is {width} x {height} px; its pictures and --area leave "
            f"room for {room[1]} x {room[0]} px"
        )
    return height, width


def cut(source: Source, crop: Crop, protocol: Protocol | None = None) -> tuple[npt.NDArray[np.uint8], Colour]:
    """Return the pixels that are shown, uint8 `(height, width, 3)` RGB, and how a browser is to show their colours.

    Args:
        source: The picture.
        crop: The part of it that is shown.
        protocol: Convention by which an anchor's LR is made; needed for anchors alone.

    Raises:
        BadStudy: An anchor is smaller than the part that is shown.
    """
    pixels, colour = _read(source)
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[:, :, None], 3, axis=2)
    if source.anchor and protocol is not None:
        pixels = anchors(pixels, protocol)[source.model]
        if pixels.shape[0] < crop.top + crop.height or pixels.shape[1] < crop.left + crop.width:
            raise BadStudy(
                f"the original of {source.content} is no multiple of {protocol.hr_multiple} px; crop it, or make "
                "the study with a smaller part: srbench survey create --area"
            )
    return pixels[crop.top : crop.top + crop.height, crop.left : crop.left + crop.width], colour


def _read(source: Source) -> tuple[npt.NDArray[np.uint8], Colour]:
    return image_file.read_shown(source.path) if source.as_shown else (image.read(source.path), image_file.PLAIN)


def anchors(hr: npt.NDArray[np.uint8], protocol: Protocol) -> dict[str, npt.NDArray[np.uint8]]:
    """Return the ends of the scale from one original, and bicubic between them for practice.

    The worst is LR enlarged by nearest neighbour, the best the original itself.

    Args:
        hr: uint8 `(H, W, 3)` RGB.
        protocol: Convention by which LR is made, and its scale.
    """
    levels = image.crop_to_multiple(image.to_tensor(hr), protocol.hr_multiple)
    size = levels.shape[-2], levels.shape[-1]
    lr = degrade(levels, protocol)
    worst, middle = (image.round_half_up(resize(lr, size, kernel=kernel)) for kernel in (_WORST, _MIDDLE))
    levels_of = dict(zip(ANCHORS, (worst, middle, levels), strict=True))
    return {name: image.to_array(picture.to(levels.dtype)) for name, picture in levels_of.items()}
