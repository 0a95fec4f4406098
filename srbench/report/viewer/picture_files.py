"""The files of one image: a script for each picture that the page cannot make itself, maps, a thumbnail."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from srbench.evaluation.scene import Picture, Scene
from srbench.report.viewer import packing

HR, LR = "hr", "lr"
_LARGEST_MAP_PX = 96


def files_of(number: int, scene: Scene) -> dict[str, bytes]:
    """Return the files of an image, by name.

    Args:
        number: Place of the image among all, by which its files are named.
        scene: The image.
    """
    pictures = {HR: scene.hr, **({LR: scene.lr} if scene.lr is not None else {})}
    pictures |= {
        str(place): sr for place, (model, sr) in enumerate(scene.outputs.items()) if model not in scene.recipes
    }
    contents = {f"{number}-{name}": packing.webp(picture) for name, picture in pictures.items()}
    for place, model in enumerate(scene.outputs):
        if (of := scene.perceptual.get(model)) is not None and of.size:
            contents[f"{number}-{place}_lpips"] = packing.webp(_levels(_small(of), _highest(scene)))
    files = {f"{name}.js": packing.script(name, content) for name, content in contents.items()}
    return files | {f"{number}.webp": packing.thumbnail(scene.hr)}


def described(number: int, scene: Scene) -> dict[str, Any]:
    """Return what the page's index says of an image, ready for JSON."""
    height, width = scene.hr.shape[:2]
    return {
        "number": number,
        "dataset": scene.dataset,
        "image": scene.image,
        "width": width,
        "height": height,
        HR: _facts(scene.hr),
        LR: None if scene.lr is None else _facts(scene.lr),
        "lpipsHighest": _highest(scene),
        "outputs": {model: _output(place, model, scene) for place, model in enumerate(scene.outputs)},
    }


def _output(place: int, model: str, scene: Scene) -> dict[str, Any]:
    of = scene.perceptual.get(model)
    values = {metric: _number(value) for metric, value in scene.values[model].items()}
    return {
        **_facts(scene.outputs[model]),
        "place": place,
        "recipe": scene.recipes.get(model),
        "lpipsMap": of is not None and bool(of.size),
        "values": values,
    }


def _number(value: float) -> float | str | None:
    """Return a number as JSON can hold it: infinity as JavaScript reads it from text, None for NaN."""
    if math.isnan(value):
        return None
    return value if math.isfinite(value) else f"{'-' if value < 0 else ''}Infinity"


def _facts(picture: Picture) -> dict[str, int]:
    height, width = picture.shape[:2]
    channels = picture.shape[2] if picture.ndim == 3 else 1
    return {"width": width, "height": height, "channels": channels, "checksum": packing.checksum(picture)}


def _highest(scene: Scene) -> float:
    """Return the largest value of the maps of an image, which all of them have as their white."""
    return max((float(_small(of).max()) for of in scene.perceptual.values() if of.size), default=0.0)


def _small(of: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Average blocks of a map, so that its longer side has few pixels."""
    step = max(1, -(-max(of.shape) // _LARGEST_MAP_PX))
    height, width = (side // step * step for side in of.shape)
    if not height or not width:
        return of
    blocks: npt.NDArray[np.float32] = (
        of[:height, :width].reshape(height // step, step, width // step, step).mean((1, 3))
    )
    return blocks


def _levels(of: npt.NDArray[np.float32], highest: float) -> Picture:
    return (of / (highest or 1) * 255).round().astype(np.uint8)
