"""Tensors that are kept while others come and go, in memory of their own."""

import math

import torch
from torch import Tensor

_ALIGNED_BYTES = 64  # as PyTorch's own memory: a tensor of any type may begin there, and a line of a cache


class Shelf:
    """Keeps tensors of the CPU side by side in one piece of memory, which goes back as a whole.

    Where they were made they would lie among the memory of what is computed meanwhile, which is larger and let go at
    once; what comes next fits into none of the gaps between them. Each image that stays would cost several times its
    size. What is saved to a file should be a clone: a kept tensor alone would be stored with all of the piece.

    Args:
        size_bytes: Size of the piece. The system has to find memory only for the part that is filled.

    Attributes:
        left_bytes: What is left of it.
    """

    def __init__(self, size_bytes: int) -> None:
        self.left_bytes = size_bytes
        self._left = torch.empty(0, dtype=torch.uint8)

    def has_room(self, *tensors: Tensor) -> bool:
        """Return whether all of these can be kept."""
        return sum(map(_space_bytes, tensors)) <= self.left_bytes

    def keep(self, tensor: Tensor) -> Tensor:
        """Return a copy that is kept; contiguous, and of the same values, type and shape.

        Args:
            tensor: Tensor of the CPU for which there is room.
        """
        if not self._left.numel():
            self._left = torch.empty(self.left_bytes, dtype=torch.uint8)
        space = _space_bytes(tensor)
        copy = self._left[: tensor.nbytes].view(tensor.dtype).view(tensor.shape).copy_(tensor)
        self._left = self._left[space:]
        self.left_bytes -= space
        return copy


def _space_bytes(tensor: Tensor) -> int:
    return math.ceil(tensor.nbytes / _ALIGNED_BYTES) * _ALIGNED_BYTES
