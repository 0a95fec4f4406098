from fractions import Fraction

import pytest
import torch
from torch import Tensor

from srbench.errors import ShapeError
from srbench.metrics.filtering import gaussian
from srbench.metrics.generalised_gaussian import asymmetric
from srbench.metrics.niqe import niqe
from srbench.metrics.normalised_levels import multiply_add, normalised


@pytest.mark.parametrize(("shape", "values"), [(2.0, "normal"), (1.0, "laplace")])
def test_the_fit_finds_the_shape_of_known_noise(shape: float, values: str) -> None:
    torch.manual_seed(3)
    drawn = {
        "normal": torch.randn(400_000, dtype=torch.float64),
        "laplace": torch.distributions.Laplace(0.0, 1.0).sample((400_000,)).double(),
    }[values]
    found, left, right = asymmetric(drawn)
    assert found.item() == pytest.approx(shape, rel=0.02)
    assert left.item() == pytest.approx(right.item(), rel=0.02)


def test_sides_of_different_width_are_told_apart() -> None:
    torch.manual_seed(3)
    drawn = torch.randn(400_000, dtype=torch.float64)
    _, left, right = asymmetric(torch.where(drawn < 0, 3 * drawn, drawn))
    assert (left / right).item() == pytest.approx(3, rel=0.02)


def test_rows_that_fill_no_block_do_not_count(photo: Tensor) -> None:
    grey = photo[:, :1, :, :192]
    cut = grey[..., :96, :192]
    torch.testing.assert_close(niqe(grey), niqe(cut), rtol=1e-9, atol=0)


def test_a_product_is_added_with_one_rounding() -> None:
    """As in exact fractions; two roundings would differ in a third of these."""
    generator = torch.Generator().manual_seed(4)
    image, total = 255 * torch.rand(2, 500, generator=generator, dtype=torch.float64)
    weight = 0.19734108448814133
    found = multiply_add(weight, image, total).tolist()
    assert found == [
        float(Fraction(weight) * Fraction(x) + Fraction(y)) for x, y in zip(image.tolist(), total.tolist(), strict=True)
    ]
    assert sum(value != weight * x + y for value, x, y in zip(found, image.tolist(), total.tolist(), strict=True)) > 50


def test_flat_areas_fall_to_the_side_that_the_authors_values_show() -> None:
    """TID2013's I08 is met by this pattern of six levels alone; the window itself is MATLAB's to the last bits."""
    levels = torch.tensor([162.0, 140, 87, 74, 85, 103], dtype=torch.float64)
    flat = levels[:, None, None, None].expand(-1, 1, 9, 9)
    assert normalised(flat, "replicate")[:, 0, 4, 4].sign().tolist() == [-1, -1, -1, -1, 0, 0]
    dot = torch.zeros(1, 1, 13, 13, dtype=torch.float64)
    dot[..., 6, 6] = 1
    mean = -normalised(dot, "zeros")[0, 0, 3:10, 3:10]  # where the dot is not, the level is 0
    window = gaussian(7, 7 / 6)[0]
    expected = window / ((window - window**2).sqrt() + 1)
    torch.testing.assert_close(mean[0], expected[0], rtol=1e-14, atol=0)


def test_an_image_without_a_block_is_refused() -> None:
    with pytest.raises(ShapeError, match="96 px a side"):
        niqe(torch.zeros(1, 1, 95, 200))
