"""The one way to pick the device that torch computes on."""

import torch

from srbench.errors import UserError, first_line


def resolve(name: str = "auto") -> str:
    """Return the name of the device that "auto" stands for, and any other name as it is; no device is touched."""
    return "cuda" if name == "auto" and torch.cuda.is_available() else "cpu" if name == "auto" else name


def pick_device(name: str = "auto") -> torch.device:
    """Return a device on which memory can be allocated; of several GPUs it becomes the current one.

    Args:
        name: "auto" (the GPU where there is one, else the CPU), or a device as torch names it: "cpu", "cuda", "cuda:1".

    Raises:
        UserError: The device is not there.
    """
    name = resolve(name)
    try:
        device = torch.device(name)
    except RuntimeError as error:  # its text lists every kind of device that torch was ever built for
        raise UserError(f"the device '{name}' cannot be used (it is no device); {_what_is_here()}") from error
    try:
        torch.zeros(1, dtype=torch.float64, device=device).item()  # metrics and resampling need it; mps has none
        if device.type == "cuda" and device.index is not None:
            torch.cuda.set_device(device)  # events, graphs and libraries go by the current one
    except (RuntimeError, AssertionError, TypeError) as error:
        reason = first_line(error).partition(". ")[0]
        raise UserError(f"the device '{name}' cannot be used ({reason}); {_what_is_here()}") from error
    if device.type == "cpu" and device.index:
        raise UserError(f"the device '{name}' is not there: a CPU has no number. Try --device cpu")
    return device


def _what_is_here() -> str:
    """Say which devices this machine has."""
    gpus = [f"cuda:{at} ({torch.cuda.get_device_name(at)})" for at in range(torch.cuda.device_count())]
    return f"this machine has {', '.join(['cpu', *gpus])}. Try --device {'cuda' if gpus else 'cpu'}"
