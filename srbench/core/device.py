"""The one way to pick the device that torch computes on."""

import torch

from srbench.errors import UserError, first_line

WITHOUT_FLOAT64 = ("mps", "xpu")
"""Apple's GPUs have no float64, and of Intel's only some have it."""


def resolve(name: str = "auto") -> str:
    """Return the name of the device that "auto" stands for, and any other name as it is; no device is touched."""
    if name != "auto":
        return name
    if torch.cuda.is_available():
        return "cuda"
    # torch 2.6 raises where a machine without an accelerator is asked for the current one.
    found = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    return found.type if found and found.type in WITHOUT_FLOAT64 else "cpu"


def pick_device(name: str = "auto") -> torch.device:
    """Return a device on which memory can be allocated; of several GPUs it becomes the current one.

    Args:
        name: "auto" (the GPU where there is one, else the CPU), or a device as torch names it: "cpu", "cuda", "cuda:1",
            "mps" (Apple's GPU), "xpu" (Intel's).

    Raises:
        UserError: The device is not there.
    """
    name = resolve(name)
    try:
        device = torch.device(name)
    except RuntimeError as error:  # its text lists every kind of device that torch was ever built for
        raise UserError(f"the device '{name}' cannot be used (it is no device); {_what_is_here()}") from error
    try:
        dtype = torch.float64 if scoring_device(device) == device else torch.float32
        torch.zeros(1, dtype=dtype, device=device).item()
        if device.type == "cuda" and device.index is not None:
            torch.cuda.set_device(device)  # events, graphs and libraries go by the current one
    except (RuntimeError, AssertionError, TypeError) as error:
        reason = first_line(error).partition(". ")[0]
        raise UserError(f"the device '{name}' cannot be used ({reason}); {_what_is_here()}") from error
    if device.type == "cpu" and device.index:
        raise UserError(f"the device '{name}' is not there: a CPU has no number. Try --device cpu")
    return device


def scoring_device(device: torch.device) -> torch.device:
    """Return where images are converted and scored, in float64: the network's device, or the CPU beside mps and xpu."""
    return torch.device("cpu") if device.type in WITHOUT_FLOAT64 else device


def _what_is_here() -> str:
    """Say which devices this machine has."""
    gpus = [f"cuda:{at} ({torch.cuda.get_device_name(at)})" for at in range(torch.cuda.device_count())]
    other = resolve("auto")
    gpus += [other] if other in WITHOUT_FLOAT64 else []
    best = "cuda" if torch.cuda.device_count() else other
    return f"this machine has {', '.join(['cpu', *gpus])}. Try --device {best}"
