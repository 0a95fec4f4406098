"""srbench: benchmark and evaluation suite for image super-resolution.

What is listed in `__all__` is the Python API; see `docs/python-api.md`. Each function is imported on its first use, so
that `import srbench` and the help of the command line need not wait for torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from srbench.evaluation.api import evaluate, load_model
    from srbench.evaluation.frame import load_results, summary
    from srbench.evaluation.image_scores import lpips, psnr, ssim
    from srbench.paper.figure import figure  # srbench.paper.table imports the version, and would be a cycle here

__version__ = "0.1.0"
__all__ = [
    "__version__",
    "evaluate",
    "figure",
    "load_model",
    "load_results",
    "lpips",
    "psnr",
    "ssim",
    "summary",
    "table",
]

_MODULES = {
    "evaluate": "srbench.evaluation.api",
    "figure": "srbench.paper.figure",
    "load_model": "srbench.evaluation.api",
    "load_results": "srbench.evaluation.frame",
    "lpips": "srbench.evaluation.image_scores",
    "psnr": "srbench.evaluation.image_scores",
    "ssim": "srbench.evaluation.image_scores",
    "summary": "srbench.evaluation.frame",
    "table": "srbench.paper.table",
}


def __getattr__(name: str) -> Any:
    """Import a function of the Python API on its first use."""
    if name not in _MODULES:
        raise AttributeError(f"module 'srbench' has no attribute '{name}'")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    """List the functions that are not imported yet too."""
    return sorted({*globals(), *__all__})
