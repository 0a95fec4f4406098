"""How LR comes of HR under each convention."""

import pytest
import torch

from srbench import protocol
from srbench.core.image import luma, round_half_up
from srbench.core.resize import resize
from srbench.core.shelf import Shelf
from srbench.evaluation.pairing import Pair, content, degrade

HR = torch.randint(0, 256, (1, 3, 64, 48), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def _lr(variant: str) -> torch.Tensor:
    return degrade(HR, protocol.find(f"classical_x4{variant}"))


def test_rounding_once_at_the_end_is_neither_rounding_of_both_passes_nor_none() -> None:
    exact = resize(HR, (16, 12))
    both = round_half_up(resize(round_half_up(resize(HR, (16, 48))), (16, 12)))
    assert torch.equal(_lr("+lr_rounding=none"), exact)
    assert torch.equal(_lr("+lr_rounding=end"), round_half_up(exact).to(torch.uint8))
    assert torch.equal(_lr(""), both.to(torch.uint8))
    assert not torch.equal(_lr("+lr_rounding=end"), _lr(""))


@pytest.mark.parametrize("edge", ["mirror", "replicate"])
def test_the_edge_is_the_protocols(edge: str) -> None:
    ours = _lr(f"+lr_edge={edge}+lr_rounding=none")
    assert torch.equal(ours, resize(HR, (16, 12), edge="mirror" if edge == "mirror" else "replicate"))
    assert not torch.equal(_lr("+lr_edge=replicate"), _lr(""))


def test_luma_alone_is_rounded_luma() -> None:
    assert torch.equal(content(HR, protocol.find("luma_x4")), round_half_up(luma(HR)).to(torch.uint8))
    assert torch.equal(content(HR, protocol.find("classical_x4")), HR)


@pytest.mark.parametrize("variant", ["", "+lr_rounding=none"])
def test_kept_pairs_lie_in_one_memory_as_long_as_both_images_fit(variant: str) -> None:
    """Where they were made, each would hold apart what is computed around it."""
    shelf, made = Shelf(24_000), Pair(_lr(variant), HR[..., 8:40])  # of a memory that is larger than what is kept
    kept = [pair for _ in range(4) if (pair := made.kept(shelf))]
    assert 1 < len(kept) < 4
    memories = {images.untyped_storage().data_ptr() for pair in kept for images in (pair.lr, pair.original)}
    assert len(memories) == 1
    for pair in kept:
        assert pair.lr.dtype == made.lr.dtype
        assert torch.equal(pair.lr, made.lr)
        assert torch.equal(pair.original, made.original)


def test_a_pair_without_an_original_is_kept_without() -> None:
    kept = Pair(HR, None).kept(Shelf(HR.nbytes))
    assert kept is not None
    assert kept.hr is None
    assert torch.equal(kept.lr, HR)
