"""How a network is run."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, get_args

from srbench.errors import UserError

Precision = Literal["fp32", "bf16", "fp16"]
Engine = Literal["eager", "compile", "graph", "onnx"]
"""Operation by operation; torch.compile; CUDA graphs; onnxruntime."""

SPLIT, PUBLISHED = "split", "published"
WORDS = ("fp32", "tf32", "bf16", "fp16", SPLIT, "channels_last", PUBLISHED, "compile", "graph", "onnx")
"""What `parse` understands."""


@dataclass(frozen=True)
class Mode:
    """How a network is run. All of it can change the output, if only in the last bit.

    Attributes:
        device: As torch names it: "cpu", "cuda", "cuda:1".
        precision: fp32, or autocast to bf16 or fp16.
        channels_last: Memory format of the convolutions.
        tf32: Let fp32 matrix products on a GPU round their inputs to 10 bits.
        tile_px: Side of a tile in LR pixels; 0 for as large as memory allows.
        memory_mib: What activations may take, for tiles that size themselves; 0 to go by the device, see
            `srbench.models.memory.budget_mib`.
        self_ensemble: Average over the 8 flips and rotations (EDSR, section 3.4).
        engine: What runs it.
        fp32_layers: Names of layers that stay in fp32 under a lower precision.
        published: Run the network operation by operation as published, without `srbench.models.folding`.
    """

    device: str = "cpu"
    precision: Precision = "fp32"
    channels_last: bool = False
    tf32: bool = False
    tile_px: int = 0
    memory_mib: int = 0
    self_ensemble: bool = False
    engine: Engine = "eager"
    fp32_layers: tuple[str, ...] = ()
    published: bool = False

    def as_dict(self) -> dict[str, Any]:
        """For keys and JSON; of the device only its kind, which is what can change a value."""
        return asdict(self) | {"device": self.device.partition(":")[0]}

    @property
    def name(self) -> str:
        """As `parse` takes it: "fp32", "bf16+split+channels_last"."""
        precision = "tf32" if self.tf32 and self.precision == "fp32" else self.precision
        extras = (SPLIT * bool(self.fp32_layers), "channels_last" * self.channels_last, PUBLISHED * self.published)
        engine = "" if self.engine == "eager" else self.engine
        return "+".join(part for part in (precision, *extras, engine) if part)

    def describe(self) -> str:
        """What differs from the default besides the device: "fp32", "bf16 x8"."""
        tile = f"tile {self.tile_px}" if self.tile_px else ""
        return " ".join(part for part in (self.name.replace("+", " "), "x8" * self.self_ensemble, tile) if part)


def parse(text: str, base: Mode | None = None) -> tuple[Mode, bool]:
    """The mode that words joined by "+" mean, in any order.

    Args:
        text: Of fp32 (the default), tf32, bf16, fp16; split (bf16 or fp16, with those layers in fp32 that need it);
            channels_last; published (without folding); compile, graph, onnx.
        base: Device and tiles.

    Returns:
        The mode, and whether its fp32 layers are still to be found.

    Raises:
        UserError: A word is unknown, said twice, or does not go with another.
    """
    words = [word for word in text.split("+") if word]
    unknown = [word for word in words if word not in WORDS]
    if unknown or not words:
        raise UserError(f"'{text}' is no mode: expected some of {', '.join(WORDS)}, joined by '+'")
    twice = [word for word in words if words.count(word) > 1]
    if twice:
        raise UserError(f"'{text}' says {twice[0]} twice; expected each word once")
    precision = _one(text, words, ("fp32", "tf32", "bf16", "fp16")) or "fp32"
    engine = _one(text, words, get_args(Engine)) or "eager"
    low: Precision = "fp32" if precision in ("fp32", "tf32") else "bf16" if precision == "bf16" else "fp16"
    if SPLIT in words and low == "fp32":
        raise UserError(f"'{text}': split keeps some layers of bf16 or fp16 in fp32; say which of the two")
    if engine == "onnx" and (precision != "fp32" or "channels_last" in words):
        raise UserError(f"'{text}': onnxruntime runs the network as exported, in fp32; expected 'onnx' alone")
    mode = replace(
        base or Mode(),
        precision=low,
        tf32=precision == "tf32",
        channels_last="channels_last" in words,
        published=PUBLISHED in words,
        fp32_layers=(),
        engine=engine,  # type: ignore[arg-type]  # one of Engine's, as checked above
    )
    return mode, SPLIT in words


def _one(text: str, words: Sequence[str], exclusive: Sequence[str]) -> str | None:
    said = [word for word in words if word in exclusive]
    if len(said) > 1:
        raise UserError(f"'{text}' says {' and '.join(said)}; expected one of them")
    return said[0] if said else None
