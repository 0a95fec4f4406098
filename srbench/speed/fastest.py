"""The fastest mode without visible loss, for a model on a device: found by measurement, and remembered."""

from dataclasses import replace

from srbench.core import environment
from srbench.core.assets import AssetStore
from srbench.core.device import pick_device
from srbench.errors import UserError
from srbench.evaluation.row import key
from srbench.models import mode as modes
from srbench.models.memory import ran_out
from srbench.models.mode import Mode
from srbench.models.model import Model
from srbench.speed import export_pace
from srbench.speed.choices import Choice, ChoiceCache, as_chosen
from srbench.speed.mode_search import ModeSearch
from srbench.speed.psnr_drop import PsnrReference
from srbench.speed.records import PSNR_DROP_LIMIT_DB

CANDIDATES = {
    "cpu": ("fp32+channels_last", "bf16+channels_last", "bf16+split+channels_last", "openvino", "onnx"),
    "cuda": (
        "tf32+channels_last",
        "bf16+channels_last",
        "bf16+split+channels_last",
        "fp16+channels_last",
        "fp16+split+channels_last",
        "fp16+channels_last+graph",
        "fp16+split+channels_last+graph",
    ),
}
"""Modes to compare with plain fp32. To compile a network takes longer than a choice may."""

_RULES = 2
"""Counts the ways in which a mode was chosen: what an earlier one chose is measured anew."""
_PACKAGES = ("onnx", "onnxruntime", "openvino")
_EXPORTED = ("onnx", "openvino")
"""Engines for which a network is exported, which cannot be interrupted."""


def choose(model: Model, base: Mode, store: AssetStore, cache: ChoiceCache) -> Choice:
    """Return the fastest mode of a model whose PSNR on every builtin image is within 0.01 dB of plain fp32.

    It takes about three seconds, after the model and, once in a process, the engines are loaded. So on a CPU it is the
    middle of each image, as large as there is time for, and modes for which no time is left are not tried, or whose
    engine would take longer to start, as `export_pace` foresees it. A call that is under way is not interrupted, so a
    network that takes seconds for 12 x 12 px takes longer. What was valid is kept, so that it is measured once.

    Args:
        model: Model to run.
        base: Mode with the device, the tiles and the self-ensemble; precision, format and engine are chosen here.
        store: Asset store that holds the builtin images.
        cache: Choices that the same versions made on the same machine before.
    """
    device = pick_device(base.device)
    facts = environment.describe(device)
    names = CANDIDATES.get(device.type, CANDIDATES["cpu"])
    known_by = ("machine", "packages", "driver", "cuda", "allocator", "threads")
    conditions = {name: facts.get(name) for name in known_by} | {"engines": environment.versions(_PACKAGES)}
    limits = {"candidates": names, "rules": _RULES, "loss_db": PSNR_DROP_LIMIT_DB}
    name = key(model=model.fingerprint, **limits, **conditions)
    known = cache.recall(name, base)
    if known is not None:
        return known
    choice, is_valid = _measured(model, Mode(base.device), names, store)
    if is_valid:
        cache.keep(name, choice)
    else:
        choice = replace(choice, reason=f"{choice.reason}; not kept, since the machine was busy or slow")
    return replace(choice, mode=as_chosen(base, choice.mode))


def _measured(model: Model, plain: Mode, names: tuple[str, ...], store: AssetStore) -> tuple[Choice, bool]:
    """Return the choice, and whether its timings can be trusted and kept."""
    try:
        reference = PsnrReference(model.scale, store)
    except UserError as error:
        return Choice(plain, 1.0, None, f"fp32: {error}"), True
    candidates = [modes.parse(name, plain.device) for name in names]
    exported = [mode for mode in candidates if mode.engine in _EXPORTED]
    paces: dict[str, float] = {mode.engine: export_pace.seconds_per_operator(mode) for mode in exported}
    try:
        return ModeSearch(model, model.upscaler(plain), reference, paces).choice(candidates)
    except Exception as error:
        if not ran_out(error):
            raise
        return Choice(plain, 1.0, None, "fp32: to compare modes takes more memory than there is"), False
