"""The mode in which a network is run, and the one language for it: words joined by "+"."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, Literal, get_args

from srbench.errors import UserError

Precision = Literal["fp32", "bf16", "fp16"]
Engine = Literal["eager", "compile", "graph", "onnx", "openvino"]
"""Operation by operation; torch.compile; CUDA graphs; onnxruntime; OpenVINO."""

_PRECISIONS = ("fp32", "tf32", "bf16", "fp16")
_ENGINES = ("compile", "graph", "onnx", "openvino")
_EXPORTED = {"onnx": "onnxruntime", "openvino": "OpenVINO"}
"""Engines that run an exported network, and what they are called."""
_SPLIT, _CHANNELS_LAST, _UNFOLDED, _SELF_ENSEMBLE, _TILE = "split", "channels_last", "unfolded", "x8", "tile="
_SPELLED_BEFORE = {"published": _UNFOLDED}
WORDS = (*_PRECISIONS, _SPLIT, _CHANNELS_LAST, _UNFOLDED, *_ENGINES, _SELF_ENSEMBLE, f"{_TILE}N")
"""Words of a mode in canonical order; N is a number of pixels."""

HELP = (
    "Words joined by '+': fp32 (the default), tf32, bf16, fp16; split (layers that need it stay in fp32); "
    "channels_last; unfolded; compile, graph (CUDA graphs), onnx, openvino; x8 (average over 8 flips and rotations); "
    "tile=208 (side of tiles in LR pixels)."
)
"""Explanation of the words for the command line."""


@dataclass(frozen=True)
class Mode:
    """The mode in which a network is run. All of it can change the output, if only in the last bit.

    Attributes:
        device: Name of the device as torch knows it: "cpu", "cuda", "cuda:1".
        precision: Precision of the computation: fp32, or autocast to bf16 or fp16.
        channels_last: Whether convolutions run in the memory format channels_last.
        tf32: Whether fp32 matrix products on a GPU may round their inputs to 10 bits.
        tile_px: Side of a tile in LR pixels; 0 to tile only as far as memory demands.
        memory_mib: Memory in MiB that activations may take before images are tiled; 0 for the device's default, see
            `srbench.models.memory.budget_mib`.
        self_ensemble: Whether to average over the 8 flips and rotations (EDSR, section 3.4).
        engine: Engine that runs the network.
        split: Whether the layers that need it stay in fp32 under a lower precision.
        fp32_layers: Names of these layers; empty until `srbench.speed.split.find` has chosen them for a model.
        unfolded: Whether to run the network operation by operation, without `srbench.models.folding`.
    """

    device: str = "cpu"
    precision: Precision = "fp32"
    channels_last: bool = False
    tf32: bool = False
    tile_px: int = 0
    memory_mib: int = 0
    self_ensemble: bool = False
    engine: Engine = "eager"
    split: bool = False
    fp32_layers: tuple[str, ...] = ()
    unfolded: bool = False

    def __post_init__(self) -> None:
        if self.fp32_layers and not self.split:
            raise ValueError(f"fp32_layers are {self.fp32_layers} without split; expected split=True beside them")

    def conditions(self) -> dict[str, Any]:
        """Return what can change a value beside the side of the tiles in use, which depends on the image too."""
        return {name: value for name, value in self.as_dict().items() if name != "memory_mib"}

    def as_dict(self) -> dict[str, Any]:
        """Return the fields for keys and JSON; of the device only its kind, which is what can change a value."""
        return asdict(self) | {"device": self.device.partition(":")[0]}

    @property
    def name(self) -> str:
        """Canonical spelling, which `parse` reads: "fp32", "bf16+split+channels_last", "fp32+x8+tile=208"."""
        words = (
            "tf32" if self.tf32 and self.precision == "fp32" else self.precision,
            _SPLIT * self.split,
            _CHANNELS_LAST * self.channels_last,
            _UNFOLDED * self.unfolded,
            self.engine * (self.engine != "eager"),
            _SELF_ENSEMBLE * self.self_ensemble,
            f"{_TILE}{self.tile_px}" * bool(self.tile_px),
        )
        return "+".join(word for word in words if word)


def is_word(text: str) -> bool:
    """Return whether a text is one word of a mode.

    Examples:
        >>> [is_word(text) for text in ("bf16", "tile=64", "tile=", "srresnet")]
        [True, True, False, False]
    """
    return (text in WORDS[:-1]) or bool(_tile(text))


def parse(text: str, device: str = "cpu", memory_mib: int = 0) -> Mode:
    """Return the mode that words joined by "+" mean, in any order.

    Args:
        text: Words of `WORDS`; fp32 where none says the precision, and eager where none says the engine.
        device: Name of the device.
        memory_mib: Memory in MiB that activations may take; 0 for the device's default.

    Raises:
        UserError: A word is unknown, said twice, or does not go with another.

    Examples:
        >>> parse("tile=64+channels_last+bf16").name
        'bf16+channels_last+tile=64'
    """
    words = [word for word in text.split("+") if word]
    _check(text, words)
    precision = _one(text, words, _PRECISIONS) or "fp32"
    engine = _one(text, words, get_args(Engine)) or "eager"
    tile = _one(text, words, [word for word in words if _tile(word)])
    mode = Mode(
        device,
        precision="fp32" if precision == "tf32" else precision,  # type: ignore[arg-type]  # one of Precision's
        channels_last=_CHANNELS_LAST in words,
        tf32=precision == "tf32",
        tile_px=_tile(tile or ""),
        memory_mib=memory_mib,
        self_ensemble=_SELF_ENSEMBLE in words,
        engine=engine,  # type: ignore[arg-type]  # one of Engine's
        split=_SPLIT in words,
        unfolded=_UNFOLDED in words,
    )
    if mode.split and mode.precision == "fp32":
        raise UserError(f"'{text}': split keeps some layers of bf16 or fp16 in fp32; say which of the two")
    if engine in _EXPORTED and (precision != "fp32" or mode.channels_last):
        raise UserError(
            f"'{text}': {_EXPORTED[engine]} runs the network as exported, in fp32; expected '{engine}' alone"
        )
    return mode


AUTO = "auto"
AUTO_HELP = "auto: the fastest for each model that changes PSNR by at most 0.01 dB, found by measurement."
"""What `--mode auto` means; it goes with x8 and tile=N."""


def without_auto(text: str) -> tuple[str, bool]:
    """Return the other words of a mode, and whether "auto" was among them.

    Examples:
        >>> without_auto("auto+tile=64"), without_auto("auto"), without_auto("bf16")
        (('tile=64', True), ('fp32', True), ('bf16', False))
    """
    words = text.split("+")
    others = [word for word in words if word != AUTO]
    return "+".join(others) or "fp32", len(others) < len(words)


@lru_cache(maxsize=1024)
def canonical(text: str) -> str:
    """Return the canonical spelling of a stored mode, which may be of a version that joined words by spaces.

    Args:
        text: Stored spelling. One that is no mode, as "files" for scored images, is returned as it is.

    Examples:
        >>> canonical("fp32 published x8 tile 208")
        'fp32+unfolded+x8+tile=208'
    """
    try:
        words = text.replace("tile ", _TILE).replace(" ", "+").split("+")
        return parse("+".join(_SPELLED_BEFORE.get(word, word) for word in words)).name
    except UserError:
        return text


def spelled_before(name: str) -> str:
    """Return how versions that joined words by spaces spelled a mode: the name of its folder of images.

    Examples:
        >>> spelled_before("fp32+unfolded+x8+tile=208")
        'fp32 published x8 tile 208'
    """
    before = {new: old for old, new in _SPELLED_BEFORE.items()}
    return " ".join(before.get(word, word).replace("=", " ") for word in name.split("+"))


def _check(text: str, words: Sequence[str]) -> None:
    renamed = [word for word in words if word in _SPELLED_BEFORE]
    if renamed:
        raise UserError(f"'{text}': the word {renamed[0]} is called {_SPELLED_BEFORE[renamed[0]]} now")
    unknown = [word for word in words if not is_word(word)]
    if unknown or not words:
        raise UserError(
            f"'{text}' is no mode: expected some of {', '.join(WORDS)}, joined by '+'; run and upscale take auto too"
        )
    twice = [word for word in words if words.count(word) > 1]
    if twice:
        raise UserError(f"'{text}' says {twice[0]} twice; expected each word once")


def _one(text: str, words: Sequence[str], exclusive: Sequence[str]) -> str | None:
    chosen = [word for word in words if word in exclusive]
    if len(chosen) > 1:
        raise UserError(f"'{text}' says {' and '.join(chosen)}; expected one of them")
    return chosen[0] if chosen else None


def _tile(word: str) -> int:
    """Return the side that a word such as "tile=64" names; 0 where it names none."""
    side = word.removeprefix(_TILE)
    return int(side) if side != word and side.isascii() and side.isdigit() else 0
