import pytest
import torch
from torch import Tensor

from srbench.errors import ShapeError
from srbench.metrics.niqe import fit, niqe


@pytest.mark.parametrize(("shape", "values"), [(2.0, "normal"), (1.0, "laplace")])
def test_the_fit_finds_the_shape_of_known_noise(shape: float, values: str) -> None:
    torch.manual_seed(3)
    drawn = {
        "normal": torch.randn(400_000, dtype=torch.float64),
        "laplace": torch.distributions.Laplace(0.0, 1.0).sample((400_000,)).double(),
    }[values]
    found, left, right = fit(drawn)
    assert found.item() == pytest.approx(shape, rel=0.02)
    assert left.item() == pytest.approx(right.item(), rel=0.02)


def test_sides_of_different_width_are_told_apart() -> None:
    torch.manual_seed(3)
    drawn = torch.randn(400_000, dtype=torch.float64)
    _, left, right = fit(torch.where(drawn < 0, 3 * drawn, drawn))
    assert (left / right).item() == pytest.approx(3, rel=0.02)


def test_rows_that_fill_no_block_do_not_count(photo: Tensor) -> None:
    grey = photo[:, :1, :, :192]
    cut = grey[..., :96, :192]
    torch.testing.assert_close(niqe(grey), niqe(cut), rtol=1e-9, atol=0)


def test_rounding_in_flat_areas_does_not_decide() -> None:
    """As far as sums in another order move a flat area's normalised level."""
    image = torch.full((1, 1, 192, 192), 100.0, dtype=torch.float64)
    image[..., ::16, ::16] = 180
    noise = 1e-12 * torch.randn(image.shape, dtype=torch.float64)
    assert niqe(image + noise).item() == pytest.approx(niqe(image).item(), rel=1e-6)


def test_an_image_without_a_block_is_refused() -> None:
    with pytest.raises(ShapeError, match="96 px a side"):
        niqe(torch.zeros(1, 1, 95, 200))
