"""What jobs ask of Slurm: options of sbatch, by their own names."""

from collections.abc import Mapping, Sequence

from srbench.errors import UserError
from srbench.scale.processes import Order

_OURS = ("array", "error", "nodes", "ntasks", "ntasks_per_node", "open_mode", "output", "signal", "wrap")
_TIME = "4:00:00"


def requests(typed: Sequence[str]) -> dict[str, str | bool]:
    """Read what jobs ask of Slurm: long options of sbatch, as `time=1:00:00`, or `exclusive` alone.

    Raises:
        UserError: It is none, or one that srbench sets.

    Examples:
        >>> requests(["partition=gpu", "mem-per-cpu=4G", "exclusive"])
        {'partition': 'gpu', 'mem_per_cpu': '4G', 'exclusive': True}
    """
    found: dict[str, str | bool] = {}
    for text in typed:
        name, given, value = text.partition("=")
        option = name.strip().lstrip("-").replace("-", "_")
        if not option.isidentifier() or (given and not value.strip()):
            raise UserError(f"--slurm '{text}' is no option of sbatch; expected name=value, as partition=gpu")
        if option in _OURS:
            raise UserError(f"--slurm '{text}' is set by the executor itself; leave it out")
        found[option] = value.strip() if given else True
    return found


def threads(asked: Mapping[str, str | bool]) -> int | None:
    """Return the processors that each job asks for, so many threads it has; None where it asks for none.

    Raises:
        UserError: They are no number.
    """
    typed = asked.get("cpus_per_task")
    if typed is None:
        return None
    if not str(typed).isdigit() or not int(typed):
        raise UserError(f"--slurm cpus-per-task={typed} is no number of processors; expected 1 or more")
    return int(typed)


def parameters(order: Order, asked: Mapping[str, str | bool]) -> dict[str, str | bool | int]:
    """Return all options of sbatch: those of every job, unless others were asked for.

    Args:
        order: What the workers have to know.
        asked: What was asked for, as `requests` returns it.
    """
    usual: dict[str, str | bool | int] = {
        **{"job_name": "srbench", "time": _TIME},
        **{"cpus_per_task": order.threads, "no_requeue": True},
    }
    if order.request.mode.device != "cpu" and not any("gpu" in name or name == "gres" for name in asked):
        usual["gpus_per_node"] = 1
    return usual | dict(asked)
