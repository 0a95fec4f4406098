"""Selection of models: from names, as typed after `--models`, to models that can run."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import EntryPoint
from pathlib import Path

from srbench.core.assets import AssetStore
from srbench.core.names import Names, fits, split_label
from srbench.errors import FailedModel, MissingWeights, UserError
from srbench.models import checkpoint, doors, foreign, given_file, interpolation, naming, registry
from srbench.models.availability import at_hand, fetch_model, why_not
from srbench.models.card import USUAL_SCALE
from srbench.models.model import Model, untrained


@dataclass
class Selection:
    """The models that a list of names means.

    Attributes:
        models: Models that can run, in the order of the names.
        unavailable: Reason by id of each model that `all` or a glob means and that cannot run.
        failed: Reason by name of each model whose code failed, where such models were to be kept apart.
    """

    models: list[Model] = field(default_factory=list)
    unavailable: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


def select(
    names: Sequence[str], scale: int, store: AssetStore, given: Names | None = None, *, keep_failed: bool = False
) -> Selection:
    """Turn names into models, fetching weights.

    Args:
        names: Ids, globs over ids, "all", `id@alpha` (see `srbench.models.interpolation`), paths of weight files,
            `file.py:builder`, `file.py`, ids of other packages, and what `srbench.models.doors` leads to; each may
            follow a name and "=", as in `ours=best.pth`.
            After a name a glob over files, as in `ours=seed*.pth`, means several seeds of one method.
        scale: Upscaling factor of the protocol.
        store: Source of weight files.
        given: Names that the run's folder has given before.
        keep_failed: Whether a model whose code fails is listed as failed while the others go on.

    Raises:
        FailedModel: A user's code failed.
        UserError: A model named explicitly cannot run, or nothing matches.
    """
    selection = Selection()
    for typed in names:
        label, name = split_label(typed)
        before = len(selection.models)
        try:
            if label and _is_glob(name):
                selection.models += _seeds(label, name, scale)
                continue
            _add(selection, name, scale, store)
        except FailedModel as error:
            if not keep_failed:
                raise
            selection.failed[label or name] = str(error)
        else:
            naming.label(selection.models, before, label)
    selection.models = naming.named(selection.models, given)
    return selection


def _add(selection: Selection, name: str, scale: int, store: AssetStore) -> None:
    """Add what one name means."""
    if name.lower() == "all":
        _add_families(selection, scale, store)
    elif doors.leads_to(name):
        selection.models.append(doors.open_door(name, scale, store))
    elif _is_file(name):
        selection.models.append(given_file.from_name(name, scale))
    elif _is_glob(name):
        _add_glob(selection, name, scale, store)
    elif builder := registry.builder(name):
        selection.models.append(foreign.from_entry_point(builder, scale))
    elif interpolation.SIGN in name:
        selection.models.append(_interpolated(name, scale, store))
    else:
        selection.models.append(_explicit(name, scale, store))


def select_for_speed(names: Sequence[str], scale: int, store: AssetStore) -> Selection:
    """Select as `select` does, but give random weights to networks whose weights cannot be had; their ids say so.

    Args:
        names: Names as for `select`.
        scale: Upscaling factor.
        store: Source of weight files.

    Raises:
        UserError: A name means no model at all, or none of this scale.
    """
    combined = Selection()
    for name in names:
        try:
            selected = select([name], scale, store)
        except MissingWeights:
            if doors.leads_to(split_label(name)[1]):
                raise
            selected = Selection([untrained(registry.find(name), scale)])
        families = {model.card.family for model in selected.models if model.card}
        for id_, reason in selected.unavailable.items():
            card = registry.cards().get(id_)
            if card is None or not card.fits(scale):
                combined.unavailable[id_] = reason
            elif card.family not in families:
                selected.models.append(untrained(card, scale))
        combined.models += selected.models
    combined.models = naming.named(combined.models)
    return combined


def select_one(
    name: str,
    store: AssetStore,
    scale: int | None = None,
    *,
    random_weights: bool = False,
) -> Model:
    """Select the one model that a name means.

    Args:
        name: Name as for `select`, but neither a glob nor "all".
        store: Source of weight files.
        scale: Upscaling factor; None for the model's own, which is 4 where it has none and the largest of several.
        random_weights: Whether to give random weights to a network whose weights cannot be had.

    Raises:
        UserError: The model cannot run, or the name means several.
    """
    label, name = split_label(name)
    if doors.leads_to(name):
        (model,) = naming.named([replace(doors.open_door(name, scale, store), label=label)])
        return model
    if _is_file(name):
        (model,) = naming.named([replace(given_file.from_name(name, scale), label=label)])
        return model
    if name.lower() == "all" or _is_glob(name):
        raise UserError(f"'{name}' means several models; expected the id of one, or a file. All names: srbench models")
    choose = select_for_speed if random_weights else select
    (model,) = choose([name], scale or _usual_scale(name), store).models
    return model


def _usual_scale(name: str) -> int:
    id_ = name.partition(interpolation.SIGN)[0]
    cards = {card.id.lower(): card for card in registry.cards().values()}
    known = cards.get(id_.lower()) or next(iter(registry.family(id_)), None)
    return known.usual_scale if known else USUAL_SCALE


def _explicit(name: str, scale: int, store: AssetStore) -> Model:
    card = registry.find(name)
    try:
        return fetch_model(card, scale, store)
    except UserError as error:
        others = [c.id for c in registry.family(name) if c is not card and at_hand(c, scale, store)]
        hint = f". At hand: {', '.join(others)}" if others else ""
        files = ", ".join(Path(file.path).name for file in card.files)
        lacks = files and isinstance(error, MissingWeights)
        needs = f" Its weights are {files}; give their folder as --weights-root or SRBENCH_WEIGHTS" if lacks else ""
        raise type(error)(f"the model '{card.id}' cannot run: {error}.{needs}{hint}") from error


def _interpolated(name: str, scale: int, store: AssetStore) -> Model:
    id_, alpha = interpolation.parse(name)
    if _is_file(id_):
        raise UserError(f"'{name}': files are interpolated by: srbench interpolate PSNR_FILE {id_} --alpha {alpha:g}")
    card = registry.find(id_)
    if not card.psnr_partner:
        able = ", ".join(other.id for other in registry.cards().values() if other.psnr_partner)
        raise UserError(
            f"the card of '{card.id}' names no PSNR model to interpolate from; expected one of {able}. "
            "For other models: srbench interpolate PSNR GAN"
        )
    psnr, gan = (_explicit(each, scale, store) for each in (card.psnr_partner, card.id))
    return interpolation.between(psnr, gan, alpha, name.lower())


def _add_families(selection: Selection, scale: int, store: AssetStore) -> None:
    """Add the first card of each family that is at hand; where it is not the preferred one, the reason is listed."""
    for family in dict.fromkeys(card.family for card in registry.cards().values() if card.in_all):
        cards = registry.family(family)
        first = next((card for card in cards if at_hand(card, scale, store)), None)
        if first is not cards[0]:
            selection.unavailable[cards[0].id] = why_not(cards[0], scale, store)
        if first is not None:
            selection.models.append(fetch_model(first, scale, store))
    _add_points(selection, list(registry.builders().values()), scale)
    selection.unavailable.update(registry.failures())


def _add_glob(selection: Selection, pattern: str, scale: int, store: AssetStore) -> None:
    cards = [card for card in registry.cards().values() if fits(card.id, pattern)]
    points = [point for name, point in registry.builders().items() if fits(name, pattern)]
    if not cards and not points:
        raise UserError(f"no model id matches '{pattern}'. All names: srbench models{registry.failures_hint()}")
    for card in cards:
        try:
            selection.models.append(fetch_model(card, scale, store))
        except UserError as error:
            selection.unavailable[card.id] = str(error)
    _add_points(selection, points, scale)


def _add_points(selection: Selection, points: list[EntryPoint], scale: int) -> None:
    for point in points:
        try:
            selection.models.append(foreign.from_entry_point(point, scale))
        except UserError as error:
            selection.unavailable[point.name] = str(error)


def _is_file(name: str) -> bool:
    """Return whether a name means a file: by its ending, or because there is such a file and no model of that id."""
    if given_file.is_source(name):
        return True
    path, _ = checkpoint.split_name(name)
    known = name in registry.cards() or registry.family(name) or name in registry.builders()
    return path.suffix.lower() in checkpoint.EXTENSIONS or (not known and path.exists())


def _seeds(method: str, pattern: str, scale: int) -> list[Model]:
    """Read the files of a method that was trained several times.

    Args:
        method: Name of the method.
        pattern: Glob over files; a seed is named by its path below the folder that all share: "ours/seed1".
        scale: Upscaling factor of the protocol.

    Raises:
        UserError: Fewer than two files match, or one of them is no model.
    """
    root = Path(pattern).anchor or "."
    paths = sorted(Path(root).glob(str(Path(pattern).relative_to(Path(pattern).anchor))))
    if len(paths) < 2:
        found = f"only {paths[0]} matches" if paths else "no file matches"
        raise UserError(f"{found} '{pattern}'; expected the weight files of two seeds of '{method}' or more")
    shared = Path(os.path.commonpath([path.parent for path in paths]))
    names = [path.relative_to(shared).with_suffix("").as_posix() for path in paths]
    return [
        replace(given_file.from_name(str(path), scale), label=f"{method}/{name}", method=method)
        for path, name in zip(paths, names, strict=True)
    ]


def _is_glob(name: str) -> bool:
    return any(sign in name for sign in "*?[")
