"""The panel of a paper, from runs that kept their outputs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from srbench.core import image
from srbench.core.assets import AssetStore
from srbench.core.paths import weights_roots
from srbench.datasets.catalogue import catalogue as datasets
from srbench.errors import BadRun, UserError
from srbench.evaluation import scoring
from srbench.evaluation.crop_scores import part_scores
from srbench.evaluation.matched import match
from srbench.evaluation.rectangle import Rectangle
from srbench.evaluation.results import RunFolder
from srbench.evaluation.scene import Picture, Scene
from srbench.evaluation.scenes import Scenes
from srbench.evaluation.scoring import Scorer
from srbench.metrics import catalogue as metrics_catalogue
from srbench.metrics.catalogue import SHORT
from srbench.paper import choice
from srbench.paper.choice import HR, LR, View
from srbench.report.figures.crop_panel import WIDTHS_IN, Detail, Head, Panel, draw
from srbench.report.figures.panel_figure import PanelFigure
from srbench.report.runs.tables import metric_head

Of = Literal["crop", "image"]
"""What the values below a crop are of."""


@dataclass(frozen=True)
class Request:
    """What a figure is to show.

    Attributes:
        images: Names, or data set and name as "set14/baboon".
        crops: One for each image, or several of one image; without any, the square in which the models differ most.
        models: Names, families or patterns, "hr" and "lr", in the order of the crops; without any, all models and "hr".
        labels: Texts below the crops in place of these names.
        metrics: Names of metrics; PSNR, SSIM and LPIPS, as far as they were measured, where it is None.
        of: Whether values are of the crop or of the whole image.
        dataset: Data set of the images.
        disputed: Number of disputed crops to find, in place of images.
    """

    images: Sequence[str] = ()
    crops: Sequence[Rectangle] = ()
    models: Sequence[str] = ()
    labels: Sequence[str] = ()
    metrics: Sequence[str] | None = None
    of: Of = "crop"
    dataset: str = ""
    disputed: int = 0


def figure(
    runs: str | Path | Sequence[str | Path],
    images: str | Sequence[str] = (),
    crops: Sequence[tuple[int, int, int, int]] = (),
    *,
    models: Sequence[str] = (),
    labels: Sequence[str] = (),
    metrics: Sequence[str] | None = None,
    of: Of = "crop",
    dataset: str = "",
    disputed: int = 0,
    width: str | float = "double",
    columns: int = 0,
) -> PanelFigure:
    """Draw the panel of super-resolution papers, as `srbench figure` does.

    Args:
        runs: Folder of a run that kept its outputs (`srbench run --save-images`), or several under one protocol.
        images: Names of images, or data set and name as "set14/baboon"; each is a row.
        crops: x, y, width and height in HR pixels, one for each image; without any, the square in which the models
            differ most.
        models: Names, families or patterns, "hr" and "lr", in the order of the crops; all models and "hr" by default.
        labels: Texts below the crops in place of these names.
        metrics: Metrics below the crops; PSNR, SSIM and LPIPS by default, as far as they were measured.
        of: "crop" for values of the crop, under the run's protocol without its border; "image" for the whole image.
        dataset: Data set of the images, where their names are not enough.
        disputed: Number of crops to find in place of images: where models or metrics disagree most.
        width: "single" or "double" column, or inches.
        columns: Number of crops side by side; 0 chooses it.

    Returns:
        A matplotlib figure. Its `savefig` embeds fonts and writes the same bytes for the same content.

    Raises:
        UserError: Something that was asked for is not there.
        BadRun: A folder holds no run.

    Examples:
        ```python
        panel = srbench.figure("runs/classical_x4", "butterfly", [(60, 80, 64, 64)], models=["bicubic", "srgan", "hr"])
        panel.savefig("butterfly.pdf")
        ```
    """
    folders = [runs] if isinstance(runs, str | Path) else runs
    request = Request(
        [images] if isinstance(images, str) else images,
        [choice.rectangle(",".join(map(str, crop))) for crop in crops],
        *(models, labels, metrics, of, dataset, disputed),
    )
    return draw([panel for panel, _ in panels(folders, request)], inches(width), columns)


def inches(width: str | float) -> float:
    """Return the width of a figure in inches.

    Raises:
        UserError: It is none.
    """
    known: Mapping[Any, float] = WIDTHS_IN
    try:
        found = known[width] if width in known else float(width)
    except ValueError:
        found = 0.0
    if not 1 <= found <= 40:
        raise UserError(f"'{width}' is no width; expected single, double, or a number of inches from 1 to 40")
    return found


def panels(runs: Sequence[str | Path], request: Request) -> list[tuple[Panel, View]]:
    """Read what a figure shows, and score the crops.

    Args:
        runs: Folders of runs under one protocol.
        request: What is asked for.

    Raises:
        UserError: Something that was asked for is not there.
        BadRun: A folder holds no run.
    """
    if bool(request.images) == bool(request.disputed):
        raise UserError("a figure is of images, or of disputed crops; expected --image or --disputed, and one of them")
    folders = [RunFolder(Path(run)) for run in runs]
    scenes = Scenes(folders)
    if not scenes.places:
        raise BadRun(" ".join(scenes.left_out) or f"{folders[0].path} has no picture")
    if request.disputed:
        tables = match(folders).tables
        shown = choice.most_disputed(scenes, tables, request.disputed, request.dataset)
    else:
        shown = choice.views(scenes, request.images, request.crops, request.dataset)
    read = _Reader(scenes, request, choice.models(scenes, request.models))
    return [(read.panel(view), view) for view in shown]


class _Reader:
    """Makes panels of views."""

    def __init__(self, scenes: Scenes, request: Request, models: Sequence[str]) -> None:
        if request.labels and len(request.labels) != len(models):
            raise UserError(f"{len(request.labels)} labels for {len(models)} crops ({', '.join(models)})")
        self._scenes, self._of, self._models = scenes, request.of, models
        self._labels = request.labels or [name.upper() if name in (HR, LR) else name for name in models]
        self._asked = request.metrics
        self._scorers: dict[str, Scorer] = {}
        self._store = AssetStore(weights_roots(None))

    def panel(self, view: View) -> Panel:
        """Read one image."""
        scene = self._scenes.of(view.place)
        part = choice.crop_of(view, scene, self._models)
        names = self._names(scene)
        details = tuple(
            Detail(label, _cut(self._picture(scene, model), part), self._values(scene, model, part, names))
            for model, label in zip(self._models, self._labels, strict=True)
        )
        record = datasets().get(scene.dataset)
        title = f"{scene.image} ({record.title if record else scene.dataset}, ×{self._scenes.protocol.scale})"
        return Panel(title, scene.hr, part, details, tuple(map(self._head, names)), self._of)

    def _names(self, scene: Scene) -> list[str]:
        """Names of the metrics, in the order of the values."""
        if self._asked is not None:
            return [name.lower() for name in self._asked]
        measured = [scene.values.get(model, {}) for model in self._models if model not in (HR, LR)]
        return [name for name in SHORT if measured and all(name in values for values in measured)]

    def _head(self, name: str) -> Head:
        metric = metrics_catalogue.find(self._scenes.protocol.metric(name))
        return Head(metric_head(name, metric.title), metric.digits, metric.higher_is_better)

    def _picture(self, scene: Scene, model: str) -> Picture:
        if model == HR:
            return scene.hr
        if model == LR:
            if scene.lr is None:
                raise UserError("LR was given as files, or is not in 8 bits, and is not shown; leave out lr")
            return scene.lr.repeat(self._scenes.protocol.scale, 0).repeat(self._scenes.protocol.scale, 1)
        if model not in scene.outputs:
            raise BadRun(
                f"{model} has no kept output of {scene.dataset}/{scene.image}; give its srbench run once more with "
                "--save-images"
            )
        return scene.outputs[model]

    def _values(self, scene: Scene, model: str, part: Rectangle, names: Sequence[str]) -> tuple[float | None, ...]:
        if model in (HR, LR):
            return ()
        if self._of == "image":
            self._require_measured(scene, model, names)
            return tuple(scene.values[model][name] for name in names)
        sr, hr = (image.to_tensor(np.ascontiguousarray(one)) for one in (scene.outputs[model], scene.hr))
        measured = part_scores(sr, hr, part, [self._scorer(name) for name in names], self._scenes.protocol)
        return tuple(measured.values.get(name) for name in names)

    def _require_measured(self, scene: Scene, model: str, names: Sequence[str]) -> None:
        if missing := [name for name in names if name not in scene.values[model]]:
            raise UserError(
                f"{missing[0]} of {model} on {scene.dataset}/{scene.image} was not measured; expected one of: "
                f"{', '.join(scene.values[model])}"
            )

    def _scorer(self, name: str) -> Scorer:
        if name not in self._scorers:
            (scorer,) = scoring.scorers([name], self._scenes.protocol, self._store)
            if scorer.metric.of_sets:
                raise UserError(f"{name} is a metric of whole data sets and has no value of a crop; leave it out")
            self._scorers[name] = scorer
        return self._scorers[name]


def _cut(pixels: Picture, part: Rectangle) -> Picture:
    return pixels[part.y : part.y + part.height, part.x : part.x + part.width]
