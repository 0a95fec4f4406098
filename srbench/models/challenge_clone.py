"""Teams of an NTIRE challenge, run by the code of a clone of its repository.

Such a clone has a file test_demo.py, whose function `select_model(args, device)` returns the network of the team
`args.model_id`, a name, the range of its levels (1 or 255) and the side of its tiles.
"""

import copy
import os
from argparse import Namespace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from srbench.core.assets import AssetStore, hash_of
from srbench.errors import FailedModel, UserError, reason
from srbench.models import content, source_file
from srbench.models.model import Model
from srbench.models.user_code import contained

PREFIX = "ntire:"

_FILE, _FUNCTION = "test_demo.py", "select_model"
_PROBE_PX = 64


class InRange(nn.Module):
    """A network of levels up to another peak, as one of levels up to 1.

    Args:
        network: Network from `(N, 3, h, w)` to `(N, 3, s h, s w)`.
        peak: Level of white in both.
    """

    def __init__(self, network: nn.Module, peak: float) -> None:
        super().__init__()
        self.network = network
        self.peak = peak

    def forward(self, lr: Tensor) -> Tensor:
        """`(N, 3, h, w)` in [0, 1] to `(N, 3, s h, s w)`."""
        out: Tensor = self.network(lr * self.peak) / self.peak
        return out


def load(place: str, scale: int | None, _: AssetStore) -> Model:
    """Return the network of a team; the code of the clone runs for it.

    Args:
        place: "CLONE/46": the folder of the clone and the number of the team.
        scale: Upscaling factor; None for the network's own.

    Raises:
        UserError: There is no such clone or team, its code needs what is not here, or its scale is another.
    """
    folder, team = Path(place).expanduser().parent, Path(place).name
    file = folder / _FILE
    if not team.isdecimal():
        raise UserError(f"{PREFIX}{place} names no team; expected {PREFIX}CLONE/NUMBER, as in {PREFIX}NTIRE2025_ESR/46")
    if not file.is_file():
        raise UserError(f"{folder} is no clone of an NTIRE challenge: it has no {_FILE}; clone its repository first")
    try:
        with source_file.opened(file) as source:
            network, name, peak = _selected(source, int(team))
            found = _scale_of(network)
        hashes = source.hashes()
    except Exception as error:
        problem = f"team {team} of {folder} cannot run ({reason(error)})"
        raise UserError(f"{problem}. Is there such a team, and are the packages of its code installed?") from error
    if scale not in (None, found):
        raise UserError(f"team {team} of {folder} upscales by {found}, not by {scale}; choose a protocol of that scale")
    identity: dict[str, Any] = {
        "source": hash_of(file),
        "function": f"{_FUNCTION} {team}",
        "beside": hashes,
        "scale": found,
        "tensors": content.digest(network),
    }
    return Model(
        f"{folder.resolve().name}-{team}",
        found,
        lambda: source_file.with_neighbours(copy.deepcopy(network), source),
        identity,
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        path=file,
        origin=f"{PREFIX}{place} ({name}), whose code runs here",
        published={"challenge": folder.resolve().name, "team": team, "name": name, "peak": f"{peak:g}"},
    )


def _selected(source: source_file.SourceFile, team: int) -> tuple[InRange, str, float]:
    """Ask the clone for a team's network, its name and its peak; relative paths in its code start at the clone."""
    if not hasattr(source.module, _FUNCTION):
        raise FailedModel(f"{source.path} has no function {_FUNCTION}")
    with contained(str(source.path)):
        os.chdir(source.folder)
        found = source.module.select_model(Namespace(model_id=team), torch.device("cpu"))
    if not isinstance(found, tuple) or len(found) < 3 or not callable(found[0]):
        raise FailedModel(f"{_FUNCTION} returned {type(found).__name__}; expected (model, name, data_range, tile)")
    network, name, peak = found[:3]
    if not isinstance(network, nn.Module):
        raise FailedModel(f"the team's model is a {type(network).__name__}; expected a torch module of SR alone")
    return InRange(network.eval(), float(peak)), str(name), float(peak)


def _scale_of(network: nn.Module) -> int:
    """Return the upscaling factor, from one small image; it shows too whether all that the code needs is here."""
    with contained("the network"), torch.no_grad():
        sr = network(torch.zeros(1, 3, _PROBE_PX, _PROBE_PX))
    if not isinstance(sr, Tensor) or sr.ndim != 4 or sr.shape[2] % _PROBE_PX:
        raise FailedModel("its output for an RGB image is no image of a whole multiple of its size")
    return sr.shape[2] // _PROBE_PX
