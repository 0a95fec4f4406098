"""Wrong names are told before anything loads torch, which takes seconds."""

from collections.abc import Sequence
from pathlib import Path

from srbench.core import declared, plugins
from srbench.core.names import split_label
from srbench.datasets import catalogue
from srbench.errors import UnknownName
from srbench.metrics import card

_FILE_ENDINGS = {"bin", "ckpt", "mat", "onnx", "param", "pkl", "pt", "pth", "py", "safetensors", "tar"}
_OF_PROTOCOL = ("ssim", "lpips")


def refuse_unknown(
    *,
    models: Sequence[str] = (),
    datasets: Sequence[str] = (),
    metrics: Sequence[str] = (),
    recipe: str = "",
) -> None:
    """Refuse plain names that nothing can mean. Files, folders, patterns and other packages are left for later.

    Raises:
        UnknownName: There is one.
    """
    for name in (split_label(each)[1] for each in datasets):
        if not (set(name) & set("/\\") or Path(name).exists()):
            catalogue.find(name)
    known = model_names()
    for name in models:
        id_ = split_label(name)[1].partition("@")[0]
        if known and _is_plain(id_, known) and id_.lower() not in {*map(str.lower, known), "all"}:
            raise UnknownName.closest("model", id_, known, "srbench models")
    measured = metric_names()
    for name in metrics:
        if measured and name.lower() not in measured and ".py" not in name:
            raise UnknownName.closest("metric", name, measured, "srbench metrics")
    recipes = [file.stem for folder in plugins.folders(plugins.RECIPES) for file in folder.glob("recipes/*.toml")]
    if recipe and not Path(recipe).exists() and recipe.lower().removesuffix(".toml") not in recipes:
        raise UnknownName.closest("recipe", recipe, recipes, "srbench recipes")


def model_names() -> list[str]:
    """Return families and ids of all models, of other packages too; nothing where their source does not tell them."""
    files = plugins.sources(plugins.ARCHITECTURES)
    ids = declared.names(files, "CARDS", ("id", "id_")) if files else None
    if ids is None:
        return []
    built = [point.name for point in plugins.points(plugins.MODELS)]
    return list(dict.fromkeys([*(id_.partition(".")[0] for id_ in ids), *ids, *built]))


def metric_names() -> list[str]:
    """Return the names that --metrics takes, of other packages too; nothing where their source does not tell them."""
    others = plugins.sources(plugins.METRICS)
    theirs = None if others is None else declared.names(others, "METRICS", ("name",))
    if theirs is None or (others and not theirs):
        return []  # a package that declares none may be broken: the registry says how
    return [*_OF_PROTOCOL, *card.own(), *theirs]


def _is_plain(name: str, known: Sequence[str]) -> bool:
    """Tell whether a text can be nothing but a model's id: no file, no pattern, no address."""
    family, _, tag = name.partition(".")
    if not name.replace("_", "").replace(".", "").replace("-", "").isalnum() or Path(name).exists():
        return False
    return not tag or (family.lower() in known and tag.lower() not in _FILE_ENDINGS)
