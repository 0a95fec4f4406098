"""Which images, crops and models of runs a figure shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest

from srbench.core.names import fits
from srbench.errors import BadRun, UserError, closest
from srbench.evaluation.busiest import busiest
from srbench.evaluation.disputed import disputed
from srbench.evaluation.matched import Matched
from srbench.evaluation.rectangle import Rectangle
from srbench.evaluation.scene import Scene
from srbench.evaluation.scenes import Place, Scenes

HR, LR = "hr", "lr"
"""Names that stand for the original and the LR image among the models."""

_SIDE_PX = 64


@dataclass(frozen=True)
class View:
    """One image of a figure.

    Attributes:
        place: Data set and name.
        crop: Part that is enlarged; None for the square in which the models differ most.
        why: Why it was chosen; empty where it was asked for.
    """

    place: Place
    crop: Rectangle | None
    why: str = ""


def views(scenes: Scenes, images: Sequence[str], crops: Sequence[Rectangle], dataset: str = "") -> list[View]:
    """Find the images that were asked for.

    Args:
        scenes: Images of runs.
        images: Names, or data set and name as "set14/baboon".
        crops: One for each image, or several of one image, or none.
        dataset: Data set of the images; empty where their names are enough.

    Raises:
        UserError: There is no such image, or several; or the crops are of another number.
    """
    places = [_place(scenes, image, dataset) for image in images]
    if not crops:
        return [View(place, None) for place in places]
    if len(places) == 1:
        places *= len(crops)
    if len(crops) != len(places):
        raise UserError(f"{len(crops)} crops for {len(places)} images; expected one --crop for each --image")
    return [View(place, crop) for place, crop in zip(places, crops, strict=True)]


def most_disputed(scenes: Scenes, tables: Sequence[Matched], count: int, dataset: str = "") -> list[View]:
    """Return the crops at which it is most worth looking, of each kind in turn, each image once.

    Args:
        scenes: Images of runs; all of them are read.
        tables: Values of the models on the same images.
        count: Number of crops.
        dataset: Data set of the images; empty for all.

    Raises:
        BadRun: There are not so many.
    """
    read = (scenes.of(place) for place in scenes.places if dataset.lower() in ("", place[0].lower()))
    kinds: dict[str, list[View]] = {}
    for one in disputed(read, tables, count):
        kinds.setdefault(one.kind, []).append(View((one.dataset, one.image), one.crop, one.why))
    in_turn = [view for view in chain(*zip_longest(*kinds.values())) if view is not None]
    chosen = list({view.place: view for view in reversed(in_turn)}.values())[::-1][:count]
    if len(chosen) < count:
        raise BadRun(
            f"{len(chosen)} images have disputed crops, and {count} were asked for; expected pictures of at least two "
            "models, kept by srbench run --save-images"
        )
    return chosen


def models(scenes: Scenes, asked: Sequence[str]) -> list[str]:
    """Return the names of models, "hr" and "lr" in the order in which names, families or patterns were asked for.

    Args:
        scenes: Images of runs.
        asked: Names; all models and the original where there are none.

    Raises:
        UserError: A name means no model of which pictures are shown.
    """
    if not asked:
        return [*scenes.models, HR]
    found: dict[str, None] = {}
    for name in asked:
        meant = _meant(name.lower(), [*scenes.models, HR, LR])
        if not meant:
            near = closest(name, [*scenes.models, HR, LR])
            raise UserError(f"the runs have no model '{name}'.{near} Models: {', '.join(scenes.models)}, hr, lr")
        found.update(dict.fromkeys(meant))
    return list(found)


def crop_of(view: View, scene: Scene, shown: Sequence[str]) -> Rectangle:
    """Return the part that is enlarged; without one, the square in which the shown outputs differ most.

    Raises:
        UserError: It is not inside the image.
    """
    height, width = scene.hr.shape[:2]
    if view.crop is None:
        outputs = [scene.outputs[name] for name in shown if name in scene.outputs]
        return busiest(outputs if len(outputs) > 1 else [scene.hr, *outputs], _SIDE_PX)[0]
    if view.crop.x + view.crop.width > width or view.crop.y + view.crop.height > height:
        raise UserError(
            f"{'/'.join(view.place)} is {width} x {height} px; expected a crop inside it, and {view.crop} "
            "(x,y,width,height) is not"
        )
    return view.crop


def rectangle(text: str) -> Rectangle:
    """Read a crop as typed: "60,80,64,64".

    Raises:
        UserError: It is none.
    """
    parts = text.split(",")
    if len(parts) == 4 and all(part.strip().isdecimal() for part in parts):
        crop = Rectangle(*map(int, parts))
        if crop.width and crop.height:
            return crop
    raise UserError(f"'{text}' is no crop; expected x,y,width,height in pixels of HR, as in 60,80,64,64")


def _place(scenes: Scenes, image: str, dataset: str) -> Place:
    """The one image of a name."""
    shown = [place for place in scenes.places if dataset.lower() in ("", place[0].lower())]
    found = [place for place in shown if image.lower() in (place[1].lower(), "/".join(place).lower())]
    if len(found) > 1:
        names = ", ".join("/".join(place) for place in found)
        raise UserError(f"'{image}' is the name of {len(found)} images; expected one of {names}")
    if not found:
        near = closest(image, [place[1] for place in shown])
        more = " ".join(scenes.left_out) or "Give a name that srbench show --json lists"
        raise UserError(f"no picture of '{image}' is shown.{near} {more}")
    return found[0]


def _meant(name: str, known: Sequence[str]) -> list[str]:
    exact = [model for model in known if model.lower() == name]
    family = [model for model in known if model.lower().startswith(f"{name}.")]
    return exact or family or [model for model in known if fits(model, name)]
