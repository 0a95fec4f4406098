"""A model that can run: the network, its size rule and colours, and what identifies it."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import lcm
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from srbench.core.assets import hash_of
from srbench.errors import BadWeights
from srbench.models import checkpoint, registry, unwrapping
from srbench.models.arch import Arch, Colour, Network, State
from srbench.models.card import Card
from srbench.models.mode import Mode
from srbench.models.tiling import Tiling
from srbench.models.upscaler import Upscaler


@dataclass(frozen=True)
class Model:
    """A model, which becomes one line of a table.

    Attributes:
        id: Name of the model in tables.
        scale: Upscaling factor.
        make: Function that builds the network and loads its weights; called anew for each mode it runs in.
        identity: Everything that determines the outputs: hashes of weights and source, settings. Part of every row's
            key.
        colour: Colours that the network sees.
        overlap_px: LR pixels of context around a tile.
        bytes_per_px: Peak memory in bytes for each LR pixel in float32.
        multiple_of: Number of which both sides of the network's input must be a multiple.
        tile_multiple_of: Number of which sides and starts of tiles are multiples, where the network pads its input
            itself.
        parameters: Number of trainable values; None where it is not known before loading.
        card: Facts of the model; None for a user's own.
        path: Path of the file that the model was read from; None for a card's.
        facts: Header of the weight file; empty where it has none.
        trained: Whether the weights are trained; of random ones the speed means something, the images do not.
        card_files: SHA-256 of the weight files of a card, by their paths.
        label: Name that the user gave the model; empty without one.
        method: Name of the method of which the model is one seed; empty of other models.
        published: What the place where other people publish the model says of it: author, licence, commit.
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
    tile_multiple_of: int = 1
    parameters: int | None = None
    card: Card | None = None
    path: Path | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    trained: bool = True
    origin: str = ""
    card_files: Mapping[str, str] = field(default_factory=dict)
    label: str = ""
    method: str = ""
    published: Mapping[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Where a user's own model is: its file, with the name of the builder; empty for others."""
        function = str(self.identity.get("function", ""))
        return "" if self.path is None else ":".join(filter(None, (str(self.path.resolve()), function)))

    @property
    def files(self) -> dict[str, str]:
        """SHA-256 of each file that the model was read from, by its path."""
        if self.path is None or self.card_files:
            return dict(self.card_files)
        path = self.path.resolve()
        if "function" not in self.identity:
            return {str(path): digest for digest in self.identity["weights"].values()}
        beside = {str(path.parent / name): digest for name, digest in self.identity.get("beside", {}).items()}
        return {str(path): self.identity["source"], **beside}

    @property
    def fingerprint(self) -> str:
        """16 hex digits that change when the outputs may change; names of weight files do not count."""
        identity = {**self.identity, "weights": _hashes_alone(self.identity.get("weights", {}))}
        return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]

    def tiling(self, mode: Mode) -> Tiling:
        """Return how images are tiled in a mode."""
        multiple = lcm(self.multiple_of, self.tile_multiple_of)
        return Tiling(mode, self.scale, self.overlap_px, self.bytes_per_px, multiple)

    def upscaler(self, mode: Mode | None = None) -> Upscaler:
        """Load the network, with operations folded where that changes nothing but the order of sums.

        Args:
            mode: Mode in which the network runs; None for fp32 on the CPU.

        Raises:
            BadWeights: The weight file does not fit its card.
            UserError: The mode's engine cannot run the network here.
        """
        network = self.make()
        if isinstance(network, Network) and not (mode and mode.unfolded):
            network = network.folded()
        return Upscaler(
            network,
            self.scale,
            mode,
            colour=self.colour,
            overlap_px=self.overlap_px,
            bytes_per_px=self.bytes_per_px,
            multiple_of=self.multiple_of,
            tile_multiple_of=self.tile_multiple_of,
        )


def _hashes_alone(weights: Mapping[str, Any]) -> list[Any]:
    """Leave the names of files out of weights; networks in between have two sets of them."""
    return [_hashes_alone(of) if isinstance(of, Mapping) else of for of in weights.values()]


def from_card(card: Card, scale: int, paths: list[Path]) -> Model:
    """Return the model of a card whose weight files are at hand and were checked.

    Args:
        card: Facts of the model.
        scale: One of the card's scales.
        paths: Weight files, in the card's order.
    """
    arch = registry.archs()[card.arch]
    settings = {"scale": scale, **card.settings}

    def make() -> Network:
        network = arch.build(**settings)
        if paths:
            stored = checkpoint.read(paths, pinned=True)
            if sorted(stored.hashes.values()) != sorted(weights.values()):
                raise BadWeights(f"{paths[0]} changed while it was in use; give the command again")
            load(network, arch, stored, paths[0])
        return network

    weights = {file.path.split("/")[-1]: hash_of(path) for file, path in zip(card.files, paths, strict=True)}
    files = {str(path.resolve()): digest for path, digest in zip(paths, weights.values(), strict=True)}
    return replace(_model(card.id, arch, settings, weights, make, card), card_files=files)


def untrained(card: Card, scale: int) -> Model:
    """Return a card's network with random weights, the same each time, for measurements of speed."""
    arch = registry.archs()[card.arch]
    settings = {"scale": scale, **card.settings}

    def make() -> Network:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return arch.build(**settings)

    return replace(_model(f"{card.id} (random weights)", arch, settings, {}, make, None), trained=False)


def from_weights(
    id_: str,
    scale: int,
    path: Path,
    arch: Arch,
    settings: Mapping[str, Any],
    state: State,
    hashes: Mapping[str, str],
) -> Model:
    """Return the model of a user's weight file whose architecture was recognised.

    Args:
        id_: Name of the model in tables.
        scale: Upscaling factor.
        path: The weight file.
        arch: Architecture that was recognised.
        settings: Settings of the network.
        state: Tensors of the file under this project's names.
        hashes: SHA-256 of the bytes that they were read from, by file name.
    """
    all_settings = {**settings, "scale": scale}

    def make() -> Network:
        network = arch.build(**all_settings)
        network.load_state_dict(state)
        return network

    model = _model(id_, arch, all_settings, hashes, make, None)
    return replace(model, path=path, origin=", architecture of ".join(filter(None, [str(path), model.origin])))


def _model(
    id_: str,
    arch: Arch,
    settings: Mapping[str, Any],
    weights: Mapping[str, str],
    make: Callable[[], Network],
    card: Card | None,
) -> Model:
    identity = {
        "arch": arch.name,
        "settings": dict(settings),
        "source": hash_of(registry.source_of(arch)),
        "weights": dict(weights),
    }
    origin = registry.origin_of(arch) or (registry.origin_of_card(card) if card else "")
    if beside := registry.beside(arch):
        identity["beside"] = beside
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
        tile_multiple_of=arch.tile_multiple_of,
        parameters=card.parameters if card else None,
        card=card,
        origin=origin,
    )


def load(network: Network, arch: Arch, stored: checkpoint.Checkpoint, path: Path) -> None:
    """Fill a network with the tensors of a checkpoint, whatever names they have.

    Args:
        network: Network to fill.
        arch: Its architecture, which knows other projects' names.
        stored: The checkpoint.
        path: Its file, for messages.

    Raises:
        BadWeights: Missing or surplus keys, or other shapes.
    """
    expected = network.state_dict()
    if not stored.named:
        if len(expected) != len(stored.state):
            raise BadWeights(f"{path} holds {len(stored.state)} tensors; {arch.name} has {len(expected)}")
        state = dict(zip(expected, stored.state.values(), strict=True))
    else:
        bare = [names for each in stored.candidates() for names in unwrapping.stripped(each.state)]
        renamed = (state for names in bare for state, _ in translations(arch, names))
        state = next((state for state in renamed if state.keys() == expected.keys()), bare[0])
    problem = differences(expected, state)
    if problem:
        raise BadWeights(f"{path} does not fit {arch.name}: {problem}")
    network.load_state_dict(state)


def translations(arch: Arch, state: State) -> list[tuple[State, Mapping[str, Any]]]:
    """Return a state dict under this project's names and the settings that its names imply.

    The first pair is the state dict as it is; each scheme of the architecture whose rules fit all keys adds one.
    """
    renamed = [(scheme.rename(state), scheme.settings) for scheme in arch.schemes]
    return [(state, {}), *((translated, settings) for translated, settings in renamed if translated)]


def differences(expected: State, actual: State) -> str:
    """List missing and surplus keys and other shapes of a state dict in one line; empty where all fits.

    Args:
        expected: State dict of the network.
        actual: State dict of the file.
    """
    missing, surplus = sorted(expected.keys() - actual.keys()), sorted(actual.keys() - expected.keys())
    wrong = [key for key in expected.keys() & actual.keys() if expected[key].shape != actual[key].shape]
    parts = [f"{len(missing)} missing keys ({missing[0]}, …)"] if missing else []
    parts += [f"{len(surplus)} surplus keys ({surplus[0]}, …)"] if surplus else []
    if wrong:
        key = min(wrong)
        parts.append(f"{key} is {tuple(actual[key].shape)}, expected {tuple(expected[key].shape)}")
    return "; ".join(parts)
