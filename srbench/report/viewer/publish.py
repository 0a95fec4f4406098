"""The viewer in a report's folder: one page, its scripts, and a file for each picture, loaded when it is needed."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Protocol

from srbench import protocol as protocols
from srbench.core.files import refusal
from srbench.core.files import write as write_file
from srbench.errors import BadRun
from srbench.evaluation.disputed import Dispute, Disputes
from srbench.evaluation.matched import Matched
from srbench.evaluation.scene import Scene
from srbench.report.viewer import packing
from srbench.report.viewer.fragment import fragment
from srbench.report.viewer.picture_files import HR, LR, described, files_of

PAGE, PICTURES, ASSETS = "viewer.html", "pictures", "viewer"
_STORED = re.compile(r"\d+(-\w+)?\.(js|webp)")
_VERSION = 1


class Pictures(Protocol):
    """What the viewer needs of `srbench.evaluation.scenes.Scenes`, which loads torch."""

    protocol: protocols.Protocol
    models: list[str]
    left_out: list[str]

    def __iter__(self) -> Iterator[Scene]:
        """Read one image after the other."""


@dataclass(frozen=True)
class ViewerFiles:
    """What was written.

    Attributes:
        page: The page; None where the runs kept no pictures.
        images: Images that it shows, by data set and name.
        models: Names of the models that it shows.
        disputes: Crops at which it is worth looking.
        size_bytes: Bytes of all files.
        left_out: Sentences on what is not shown, and what to do for it.
    """

    page: Path | None
    images: Sequence[tuple[str, str]]
    models: Sequence[str]
    disputes: Sequence[Dispute]
    size_bytes: int
    left_out: Sequence[str]

    def link(self, dataset: str, image: str, models: Sequence[str] = (), **more: Any) -> str:
        """Return the address of an image in the page, relative to the folder; empty where the page does not show it.

        Args:
            dataset: Id of the data set.
            image: Name of the image.
            models: Names of the models that are shown, and "hr" and "lr"; where there are none, the page chooses.
            more: `crop` (x, y, width, height), `zoom`, or other fields of `srbench.report.viewer.fragment`.
        """
        if self.page is None or (dataset, image) not in self.images:
            return ""
        known = {HR, LR, *self.models}
        return self.page.name + fragment(dataset, image, [name for name in models if name in known], **more)

    def link_of(self, dispute: Dispute) -> str:
        """Return the address of a disputed crop, with the original and the two models that it is about."""
        return self.link(dispute.dataset, dispute.image, (HR, *dispute.models), crop=dispute.crop)


def write(
    folder: Path,
    scenes: Pictures,
    tables: Sequence[Matched] = (),
    *,
    run: str = "RUN",
    stepped: Callable[[Scene], None] = lambda _: None,
) -> ViewerFiles:
    """Write viewer.html, viewer/ and pictures/ into a folder; it opens from disk, without a server or network.

    Args:
        folder: Folder of the report; it is made where it is missing.
        scenes: Images of the runs, `srbench.evaluation.scenes.Scenes`.
        tables: Values of the models on the same images, for the crops that decide the ranking:
            `srbench.evaluation.matched.match(runs).tables`.
        run: Folder of the run, for the command of a figure that the page shows.
        stepped: Is called after each image.

    Raises:
        BadRun: The folder cannot be written.
        BadImage: A picture cannot be read.
    """
    disputes, images, size_bytes = Disputes(tables), [], 0
    remove(folder)
    try:
        for number, scene in enumerate(scenes):
            disputes.look(scene)
            written = files_of(number, scene)
            size_bytes += _write(folder / PICTURES, written)
            images.append(described(number, scene))
            stepped(scene)
        if not images:
            return ViewerFiles(None, (), (), (), 0, scenes.left_out)
        found, models = disputes.found(), _shown(scenes, images)
        size_bytes += _write(folder / PICTURES, {"index.js": _index(scenes, models, images, found, run)})
        size_bytes += _write(folder, _page())
    except OSError as error:
        raise BadRun(f"{folder} cannot hold a report ({refusal(error)}); choose another folder") from error
    places = [(image["dataset"], image["image"]) for image in images]
    return ViewerFiles(folder / PAGE, places, models, found, size_bytes, scenes.left_out)


def remove(folder: Path) -> None:
    """Remove the viewer of an earlier report, and nothing else that is in the folder.

    Raises:
        BadRun: The folder cannot be written.
    """
    pictures = folder / PICTURES
    stored = [path for path in pictures.iterdir() if _STORED.fullmatch(path.name)] if pictures.is_dir() else []
    try:
        for path in [pictures / "index.js", *(folder / name for name in _page()), *stored]:
            path.unlink(missing_ok=True)
        for emptied in (pictures, folder / ASSETS):
            if emptied.is_dir() and not any(emptied.iterdir()):
                emptied.rmdir()
    except OSError as error:
        raise BadRun(f"{folder} cannot hold a report ({refusal(error)}); choose another folder") from error


def _shown(scenes: Pictures, images: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the models of which there is a picture, in the order of the runs."""
    shown = {model for image in images for model in image["outputs"]}
    return [model for model in scenes.models if model in shown]


def _index(
    scenes: Pictures, models: Sequence[str], images: Sequence[Mapping[str, Any]], found: Sequence[Dispute], run: str
) -> bytes:
    return packing.data(
        "srbenchIndex",
        {
            "version": _VERSION,
            "run": run,
            "protocol": scenes.protocol.as_dict(),
            "described": scenes.protocol.describe(),
            "models": models,
            "images": images,
            "disputed": [
                {"kind": one.kind, "why": one.why, "dataset": one.dataset, "image": one.image}
                | {"address": fragment(one.dataset, one.image, (HR, *one.models), crop=one.crop)}
                for one in found
            ],
            "leftOut": list(scenes.left_out),
        },
    )


def _page() -> dict[str, bytes]:
    """Read the files of the page that come with this package."""
    files = {}
    for source in sorted(resources.files("srbench.report.viewer").joinpath("page").iterdir(), key=lambda one: one.name):
        name = source.name if source.name == PAGE else f"{ASSETS}/{source.name}"
        files[name] = source.read_bytes()
    return files


def _write(folder: Path, contents: Mapping[str, bytes]) -> int:
    for name, content in contents.items():
        write_file(folder / name, content)
    return sum(map(len, contents.values()))
