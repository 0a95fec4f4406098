"""srbench: benchmark and evaluation suite for image super-resolution."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from srbench.evaluation.api import evaluate

__version__ = "0.1.0"
__all__ = ["__version__", "evaluate"]


def __getattr__(name: str) -> Any:
    """`srbench.evaluate` on first use, so that help and listings need not wait for torch."""
    if name == "evaluate":
        from srbench.evaluation.api import evaluate

        return evaluate
    raise AttributeError(f"module 'srbench' has no attribute '{name}'")
