"""A model that was asked for and can run: where its network comes from, and what identifies it."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from srbench.core.assets import hash_of
from srbench.errors import BadWeights
from srbench.models import checkpoint, registry
from srbench.models.arch import Arch, Colour, Network, State
from srbench.models.card import Card
from srbench.models.mode import Mode
from srbench.models.upscaler import Upscaler


@dataclass(frozen=True)
class Model:
    """One line of a table.

    Attributes:
        id: As in tables.
        scale: Upscaling factor.
        make: Builds the network and loads its weights; called anew for each mode it runs in.
        identity: What determines its outputs: hashes of weights and source, settings. Part of every row's key.
        colour: What its network sees.
        overlap_px: LR pixels of context around a tile.
        bytes_per_px: Peak memory for each LR pixel in float32.
        multiple_of: Size rule of the network.
        parameters: Trainable values; None where it is not known before loading.
        card: None for a user's own model.
        path: The file it was given as, where two files with one name must be told apart.
        facts: What the header of its weight file says; empty where it has none.
        trained: False for random weights: the speed means something, the images do not.
        origin: Where a model that is not this project's comes from, as in "package superres 1.2" or the path of its
            file; stands under the table. Empty for this project's own.
    """

    id: str
    scale: int
    make: Callable[[], Callable[[Tensor], Tensor]]
    identity: Mapping[str, Any]
    colour: Colour = "rgb"
    overlap_px: int = 32
    bytes_per_px: int = 40000
    multiple_of: int = 1
    parameters: int | None = None
    card: Card | None = None
    path: Path | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    trained: bool = True
    origin: str = ""

    @property
    def fingerprint(self) -> str:
        """16 hex digits that change when its outputs may change."""
        return hashlib.sha256(json.dumps(self.identity, sort_keys=True).encode()).hexdigest()[:16]

    def upscaler(self, mode: Mode | None = None) -> Upscaler:
        """Load it, with operations folded where that changes nothing but the order of sums.

        Raises:
            BadWeights: The weight file does not fit its card.
            UserError: The mode's engine cannot run it here.
        """
        network = self.make()
        if isinstance(network, Network) and not (mode and mode.published):
            network = network.folded()
        return Upscaler(
            network,
            self.scale,
            mode,
            colour=self.colour,
            overlap_px=self.overlap_px,
            bytes_per_px=self.bytes_per_px,
            multiple_of=self.multiple_of,
        )


def from_card(card: Card, scale: int, paths: list[Path]) -> Model:
    """The model of a card whose weight files are at hand and were checked.

    Args:
        card: Its facts.
        scale: One of the card's.
        paths: Its files, in the card's order.
    """
    arch = registry.archs()[card.arch]
    settings = {"scale": scale, **card.settings}

    def make() -> Network:
        network = arch.build(**settings)
        if paths:
            load(network, arch, checkpoint.read(paths), paths[0])
        return network

    weights = {file.path.split("/")[-1]: hash_of(path) for file, path in zip(card.files, paths, strict=True)}
    return _model(card.id, arch, settings, weights, make, card)


def untrained(card: Card, scale: int) -> Model:
    """A card's network with random weights, for its speed alone; the same each time."""
    arch = registry.archs()[card.arch]
    settings = {"scale": scale, **card.settings}

    def make() -> Network:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return arch.build(**settings)

    return replace(_model(f"{card.id} (random weights)", arch, settings, {}, make, None), trained=False)


def from_weights(id_: str, scale: int, path: Path, arch: Arch, settings: Mapping[str, Any], state: State) -> Model:
    """The model of a user's weight file whose architecture was recognised.

    Args:
        id_: As in tables.
        scale: Upscaling factor.
        path: The file.
        arch: What was recognised.
        settings: Of its network.
        state: The file's tensors under this project's names.
    """
    all_settings = {**settings, "scale": scale}

    def make() -> Network:
        network = arch.build(**all_settings)
        network.load_state_dict(state)
        return network

    model = _model(id_, arch, all_settings, {path.name: hash_of(path)}, make, None)
    return replace(model, path=path, origin=", architecture of ".join(filter(None, [str(path), model.origin])))


def _model(
    id_: str,
    arch: Arch,
    settings: Mapping[str, Any],
    weights: dict[str, str],
    make: Callable[[], Network],
    card: Card | None,
) -> Model:
    identity = {
        "arch": arch.name,
        "settings": dict(settings),
        "source": hash_of(registry.source_of(arch)),
        "weights": weights,
    }
    origin = registry.origin_of(arch) or (registry.origin_of_card(card) if card else "")
    if origin:
        identity["package"] = origin
    colour = settings.get("colour") or arch.colour
    return Model(
        id=id_,
        scale=settings["scale"],
        make=make,
        identity=identity,
        colour=colour,
        overlap_px=arch.overlap_px,
        bytes_per_px=arch.bytes_per_px,
        multiple_of=arch.multiple_of,
        parameters=card.parameters if card else None,
        card=card,
        origin=origin,
    )


def load(network: Network, arch: Arch, found: checkpoint.Checkpoint, path: Path) -> None:
    """Fill a network with the tensors of a checkpoint, whatever names they have.

    Raises:
        BadWeights: Missing or surplus keys, or other shapes.
    """
    own = network.state_dict()
    if not found.named:
        if len(own) != len(found.state):
            raise BadWeights(f"{path} holds {len(found.state)} tensors; {arch.name} has {len(own)}")
        state = dict(zip(own, found.state.values(), strict=True))
    else:
        state = next((s for s, _ in translations(arch, found.state) if s.keys() == own.keys()), found.state)
    problem = differences(own, state)
    if problem:
        raise BadWeights(f"{path} does not fit {arch.name}: {problem}")
    network.load_state_dict(state)


def translations(arch: Arch, state: State) -> list[tuple[State, Mapping[str, Any]]]:
    """A state dict under this project's names, and what the names imply: as it is, and by each scheme that fits."""
    renamed = [(scheme.rename(state), scheme.settings) for scheme in arch.schemes]
    return [(state, {}), *((found, settings) for found, settings in renamed if found)]


def differences(own: State, given: State) -> str:
    """What is missing, surplus or of another shape, in one line; empty when all fits."""
    missing, surplus = sorted(own.keys() - given.keys()), sorted(given.keys() - own.keys())
    wrong = [key for key in own.keys() & given.keys() if own[key].shape != given[key].shape]
    parts = [f"{len(missing)} missing keys ({missing[0]}, …)"] if missing else []
    parts += [f"{len(surplus)} surplus keys ({surplus[0]}, …)"] if surplus else []
    if wrong:
        key = min(wrong)
        parts.append(f"{key} is {tuple(given[key].shape)}, expected {tuple(own[key].shape)}")
    return "; ".join(parts)
