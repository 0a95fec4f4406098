"""Tensors that are kept lie side by side in one piece of memory."""

import torch

from srbench.core.shelf import Shelf


def test_copies_are_equal_and_share_one_memory_whatever_their_types() -> None:
    shelf = Shelf(4096)
    made = [torch.arange(7, dtype=torch.uint8), torch.rand(1, 3, 4, 5, dtype=torch.float64), torch.empty(0, 2)]
    kept = [shelf.keep(tensor) for tensor in made]
    for tensor, copy in zip(made, kept, strict=True):
        assert copy.dtype == tensor.dtype
        assert torch.equal(copy, tensor)
    assert len({copy.untyped_storage().data_ptr() for copy in kept}) == 1
    made[0].zero_()
    assert kept[0].tolist() == list(range(7))


def test_a_part_of_a_tensor_takes_no_more_than_its_own_size() -> None:
    shelf = Shelf(128)
    kept = shelf.keep(torch.arange(1000).view(10, 100)[:4, :2])
    assert kept.tolist() == [[0, 1], [100, 101], [200, 201], [300, 301]]
    assert kept.is_contiguous()
    assert shelf.left_bytes == 64


def test_room_is_for_all_that_is_asked_about_and_runs_out() -> None:
    shelf, line = Shelf(128), torch.zeros(64, dtype=torch.uint8)
    assert shelf.has_room(line, line)
    assert not shelf.has_room(line, line, line[:1])
    shelf.keep(line)
    shelf.keep(line[:1])  # what follows begins where any type may
    assert not shelf.has_room(line[:1])
    assert shelf.has_room()
