"""The images of runs with the outputs that were kept, one after the other."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from srbench import protocol as protocols
from srbench.core import image
from srbench.core.resize import Kernel, resize
from srbench.errors import BadRun
from srbench.evaluation import matched, pairing
from srbench.evaluation.kept_pictures import measured_picture
from srbench.evaluation.originals import noted_originals
from srbench.evaluation.results import RunFolder
from srbench.evaluation.row import Row
from srbench.evaluation.scene import Recipe, Scene
from srbench.protocol import Protocol

Place = tuple[str, str]
"""Data set and image."""

Perceptual = Callable[[Tensor, Tensor], Tensor]
"""Map of a distance: `(1, 3, H, W)` twice, levels 0..255, to float `(h, w)`."""

_SMALLEST_MAP_PX = 31
"""Smallest side of an image that LPIPS takes by any backbone."""

_KEEP = "srbench run --save-images keeps outputs; the same call again with it makes those that are missing"


class Scenes:
    """Images of runs under one protocol, as far as their originals are at hand and outputs were kept.

    A method with several seeds is shown by the first of them.

    Args:
        folders: Folders of the runs.
        originals: HR files by data set and image; those that the runs noted where it is None.
        perceptual: Makes maps of LPIPS, for the outputs of which LPIPS was measured; None for no maps.

    Attributes:
        protocol: Protocol of the runs.
        models: Names of the models, as `srbench compare` prints them.
        places: Images in the order of the runs.
        left_out: Sentences on what is not shown.
        variants: Name of each model's variant, by model, device and mode.

    Raises:
        BadRun: A folder holds no run; or the runs have other protocols, versions of the pipeline or pictures.
    """

    def __init__(
        self,
        folders: Sequence[RunFolder],
        originals: Mapping[Place, Path] | None = None,
        perceptual: Perceptual | None = None,
    ) -> None:
        self._folders = folders
        self._originals = _noted(folders) if originals is None else originals
        self._perceptual = perceptual
        self.protocol: Protocol = protocols.read(folders[0].head()["protocol"])
        self.left_out: list[str] = []
        if self.protocol.lr == "alone":
            self._originals = {}
        self._rows: dict[Place, dict[str, list[Row]]] = {}
        self._files: dict[Place, dict[str, Path]] = {}
        self.variants: dict[tuple[str, str, str], str] = {}
        for model, rows in matched.contents(folders).items():
            self._add(model, rows)
        self._say_what_is_missing()
        self.models = list(dict.fromkeys(model for of in self._rows.values() for model in of))
        self.places = [place for place in self._rows if place in self._files and place in self._originals]

    def __len__(self) -> int:
        return len(self.places)

    def __iter__(self) -> Iterator[Scene]:
        return map(self.of, self.places)

    def of(self, place: Place) -> Scene:
        """Read one image.

        Raises:
            BadImage: A file cannot be read.
            ShapeError: An output does not fit its original.
        """
        hr = pairing.original(self._originals[place], self.protocol)
        lr = self._lr(hr)
        outputs: dict[str, Tensor] = {}
        for model, path in self._files[place].items():
            names = (str(path), self._originals[place].name)
            outputs[model] = pairing.output_beside(image.to_tensor(image.read(path)), hr, self.protocol, names)[0]
        recipes = {model: how for model, sr in outputs.items() if (how := _recipe(lr, sr, self.protocol))}
        values = {model: {row.metric: row.value for row in rows} for model, rows in self._rows[place].items()}
        return Scene(
            *place,
            image.to_array(hr),
            None if lr is None else image.to_array(lr),
            {model: image.to_array(sr) for model, sr in outputs.items()},
            recipes,
            values,
            {
                model: self._map(sr, hr)
                for model, sr in outputs.items()
                if self._perceptual and "lpips" in values[model]
            },
        )

    def files(self) -> list[Path]:
        """Return the files of all outputs that are shown."""
        return [path for place in self.places for path in self._files[place].values()]

    def _add(self, model: str, rows: Sequence[Row]) -> None:
        first = rows[0].model
        pictures: dict[Place, list[Row]] = {}
        for row in rows:
            if row.model == first:
                pictures.setdefault((row.dataset, row.image), []).append(row)
                self.variants.setdefault((row.model, row.device, row.mode), model)
        for place, of in pictures.items():
            self._rows.setdefault(place, {})[model] = of
            if path := self._kept(of):
                self._files.setdefault(place, {})[model] = path

    def _kept(self, rows: Sequence[Row]) -> Path | None:
        for folder in self._folders:
            try:
                if path := measured_picture(folder, rows):
                    return path
            except BadRun as error:
                self.left_out.append(str(error))
        return None

    def _say_what_is_missing(self) -> None:
        models = dict.fromkeys(model for of in self._rows.values() for model in of)
        bare = [model for model in models if all(model not in of for of in self._files.values())]
        if bare:
            self.left_out.append(f"No pictures of {', '.join(bare)}: {_KEEP}.")
        if self.protocol.lr == "alone":
            self.left_out.append("No pictures: the images have no HR to be shown beside.")
            return
        gone = dict.fromkeys(dataset for dataset, name in self._files if (dataset, name) not in self._originals)
        if gone:
            self.left_out.append(f"No pictures of {', '.join(gone)}: the originals are gone or changed since the run.")

    def _lr(self, hr: Tensor) -> Tensor | None:
        if self.protocol.lr == "given":
            return None
        lr = pairing.degrade(hr, self.protocol)
        return lr if lr.dtype == torch.uint8 else None

    def _map(self, sr: Tensor, hr: Tensor) -> npt.NDArray[np.float32]:
        if self._perceptual is None or min(hr.shape[-2:]) < _SMALLEST_MAP_PX:
            return np.zeros((0, 0), np.float32)
        return self._perceptual(sr.expand(-1, 3, -1, -1), hr.expand(-1, 3, -1, -1)).numpy()


_ENLARGED: tuple[tuple[Kernel, bool, Recipe], ...] = (
    ("bicubic", False, "bicubic"),
    ("bicubic", True, "bicubic-passes"),
    ("bilinear", False, "bilinear"),
    ("bilinear", True, "bilinear-passes"),
)
_DOUBTFUL = 1e-9
"""Distance from the middle between two levels at which another order of a sum might round to the other one."""


def _noted(folders: Sequence[RunFolder]) -> dict[Place, Path]:
    return {
        place: path for folder in folders for of in noted_originals(folder).files.values() for place, path in of.items()
    }


def _recipe(lr: Tensor | None, sr: Tensor, protocol: Protocol) -> Recipe | None:
    """Find out how an output follows from LR, so that another program's sums round to the same levels.

    At scales that are powers of two the weights of bilinear and bicubic are exact in binary numbers.
    """
    if lr is None or protocol.scale & (protocol.scale - 1) or lr.shape[1] != sr.shape[1]:
        return None
    if torch.equal(sr, lr.repeat_interleave(protocol.scale, -1).repeat_interleave(protocol.scale, -2)):
        return "nearest"
    size = (sr.shape[-2], sr.shape[-1])
    for kernel, passes, recipe in _ENLARGED:
        enlarged = resize(lr, size, kernel=kernel, round_passes=passes)
        if torch.equal(sr, image.round_half_up(enlarged).to(sr.dtype)):
            return recipe
    return "lanczos-passes" if _is_lanczos(lr, sr) else None


def _is_lanczos(lr: Tensor, sr: Tensor) -> bool:
    """Return whether an output is Lanczos', rounded after each pass, and no sum is near the middle of two levels."""
    down = resize(lr, (sr.shape[-2], lr.shape[-1]), kernel="lanczos")
    across = resize(image.round_half_up(down), (sr.shape[-2], sr.shape[-1]), kernel="lanczos")
    sure = all(bool((sums.frac().abs() - 0.5).abs().gt(_DOUBTFUL).all()) for sums in (down, across))
    return sure and torch.equal(sr, image.round_half_up(across).to(sr.dtype))
