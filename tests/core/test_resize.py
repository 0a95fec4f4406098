"""The resampler against published files, against a slow reference written from MATLAB's documentation, and Pillow."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from srbench.core import image, weighted_sums
from srbench.core.image import round_half_up
from srbench.core.resize import Edge, Kernel, resize

KERNELS: tuple[Kernel, ...] = ("nearest", "bilinear", "bicubic", "lanczos")


@pytest.mark.parametrize(
    ("folder", "scale", "edge", "count"),
    [
        ("Set5/LR_bicubic_x2", 2, "mirror", 5),
        ("Set5/LR_bicubic_x3", 3, "mirror", 5),
        ("Set5/LR_bicubic_x4", 4, "mirror", 5),
        ("Set5/LR_bicubic_x4_selfexsr", 4, "replicate", 5),
        ("Set14/LR_bicubic_x4_selfexsr", 4, "replicate", 14),
        ("BSD100/LR_bicubic_x4_selfexsr", 4, "replicate", 100),
    ],
)
def test_published_lr_files_are_reproduced_pixel_for_pixel(
    data: Path, folder: str, scale: int, edge: Edge, count: int
) -> None:
    published = sorted((data / folder).glob("*.png"))
    assert len(published) == count
    for path in published:
        name = path.stem.removesuffix(f"x{scale}")
        (source,) = (data / folder).parent.glob(f"HR/{name}.*")
        hr = image.crop_to_multiple(image.to_tensor(image.read(source)), scale)
        lr = resize(hr, (hr.shape[-2] // scale, hr.shape[-1] // scale), edge=edge, round_passes=True)
        differing = int((lr != image.to_tensor(image.read(path))).sum())
        assert differing == 0, path.name


def _reference(signal: np.ndarray, length: int, kernel: Kernel, antialias: bool, edge: Edge) -> np.ndarray:
    """One dimension of imresize, one output at a time, positions counted from 1 as MATLAB does."""
    scale = length / len(signal)
    stretch = min(scale, 1.0) if antialias and kernel != "nearest" else 1.0
    reach = {"nearest": 0.5, "bilinear": 1, "bicubic": 2, "lanczos": 3}[kernel] / stretch
    out = np.zeros(length)
    for u in range(1, length + 1):
        centre = u / scale + 0.5 * (1 - 1 / scale)
        taps = {
            p: _kernel(kernel, stretch * (centre - p))
            for p in range(math.floor(centre - reach), math.ceil(centre + reach) + 1)
        }
        out[u - 1] = sum(w * signal[_inside(p, len(signal), edge)] for p, w in taps.items()) / sum(taps.values())
    return out


def _inside(position: int, length: int, edge: Edge) -> int:
    if edge == "replicate":
        return min(max(position, 1), length) - 1
    ring = [*range(1, length + 1), *range(length, 0, -1)]
    return ring[(position - 1) % (2 * length)] - 1


def _kernel(kernel: Kernel, x: float) -> float:
    a = abs(x)
    if kernel == "nearest":
        return float(-0.5 <= x < 0.5)
    if kernel == "bilinear":
        return max(0.0, 1 - a)
    if kernel == "lanczos":
        return (
            1.0
            if x == 0
            else 3 * math.sin(math.pi * x) * math.sin(math.pi * x / 3) / (math.pi * x) ** 2
            if a < 3
            else 0.0
        )
    if a <= 1:
        return 1.5 * a**3 - 2.5 * a**2 + 1
    return -0.5 * a**3 + 2.5 * a**2 - 4 * a + 2 if a <= 2 else 0.0


@given(
    length_in=st.integers(1, 23),
    length_out=st.integers(1, 40),
    kernel=st.sampled_from(KERNELS),
    antialias=st.booleans(),
    edge=st.sampled_from(["mirror", "replicate"]),
    seed=st.integers(0, 99),
)
@example(length_in=6, length_out=5, kernel="nearest", antialias=False, edge="mirror", seed=0)  # a centre between pixels
def test_every_kernel_equals_the_slow_reference(
    length_in: int, length_out: int, kernel: Kernel, antialias: bool, edge: Edge, seed: int
) -> None:
    signal = np.random.default_rng(seed).uniform(0, 255, length_in)
    ours = resize(torch.from_numpy(signal).view(1, -1), (1, length_out), kernel=kernel, antialias=antialias, edge=edge)
    theirs = _reference(signal, length_out, kernel, antialias, edge)
    assert np.allclose(ours[0].numpy(), theirs, atol=1e-9)


@pytest.mark.parametrize(
    ("kernel", "theirs"),
    [
        ("lanczos", Image.Resampling.LANCZOS),
        ("bilinear", Image.Resampling.BILINEAR),
        ("bicubic", Image.Resampling.BICUBIC),
    ],
)
@pytest.mark.parametrize("size", [(40, 52), (160, 208)])
def test_interior_equals_pillow(kernel: Kernel, theirs: Image.Resampling, size: tuple[int, int]) -> None:
    """Pillow cuts the kernel at the edge and computes in float32; inside it is an independent implementation."""
    source = np.random.default_rng(0).uniform(0, 255, (80, 104)).astype(np.float32)
    pillow = np.asarray(Image.fromarray(source).resize((size[1], size[0]), theirs))
    ours = resize(torch.from_numpy(source), size, kernel=kernel).numpy()
    edge = 12
    assert np.allclose(ours[edge:-edge, edge:-edge], pillow[edge:-edge, edge:-edge], atol=2e-3)


def test_nearest_by_a_whole_factor_repeats_pixels() -> None:
    source = torch.arange(6.0).view(2, 3)
    assert torch.equal(
        resize(source, (4, 9), kernel="nearest"), source.repeat_interleave(2, 0).repeat_interleave(3, 1).double()
    )


@given(st.integers(1, 9), st.integers(1, 9), st.sampled_from(KERNELS), st.integers(0, 255))
def test_a_constant_image_stays_constant(height: int, width: int, kernel: Kernel, level: int) -> None:
    out = resize(torch.full((height, width), float(level)), (7, 5), kernel=kernel)
    assert torch.allclose(out, torch.full((7, 5), float(level), dtype=torch.float64), atol=1e-9)


@given(st.sampled_from(KERNELS), st.sampled_from([(6, 8), (24, 32), (48, 64)]))
def test_flips_and_batches_commute_with_resampling(kernel: Kernel, size: tuple[int, int]) -> None:
    batch = torch.rand(3, 2, 12, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    out = resize(batch, size, kernel=kernel)
    if kernel != "nearest":  # halfway between two pixels, nearest takes the right-hand one
        assert torch.allclose(resize(batch.flip(-1), size, kernel=kernel), out.flip(-1), atol=1e-12)
    assert torch.equal(resize(batch[1:2], size, kernel=kernel), out[1:2])


def test_rounding_between_passes_changes_levels_by_one_at_most() -> None:
    source = torch.randint(0, 256, (64, 64))
    once = image.round_half_up(resize(source, (16, 16)))
    twice = resize(source, (16, 16), round_passes=True)
    assert torch.equal(twice, twice.round())
    assert 0 < (once - twice).abs().max() <= 1


@given(
    st.tuples(st.integers(1, 70), st.integers(1, 30)),
    st.tuples(st.integers(1, 90), st.integers(1, 90)),
    st.sampled_from(KERNELS),
    st.sampled_from(["mirror", "replicate"]),
    st.booleans(),
)
def test_the_product_of_matrices_gives_the_bits_of_the_loop(
    size: tuple[int, int], out: tuple[int, int], kernel: Kernel, edge: Edge, rounded: bool
) -> None:
    """Gradients are recorded by the loop alone."""
    options: dict[str, Any] = {"kernel": kernel, "edge": edge, "round_passes": rounded}
    levels = 255 * torch.rand(2, 3, *size, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    recorded = resize(levels.clone().requires_grad_(), out, **options)
    assert recorded.requires_grad
    assert torch.equal(resize(levels, out, **options), recorded)
    with torch.no_grad():
        assert torch.equal(resize(levels.clone().requires_grad_(), out, **options), recorded)


@pytest.mark.parametrize("planes", [1, 3, 5])
@pytest.mark.parametrize("threads", [1, 2, 4])
def test_threads_change_no_bit(monkeypatch: pytest.MonkeyPatch, planes: int, threads: int) -> None:
    levels = torch.randint(0, 256, (planes, 90, 70), dtype=torch.uint8, generator=torch.Generator().manual_seed(5))
    alone = torch.stack([resize(plane, (45, 31), round_passes=True) for plane in levels])
    monkeypatch.setattr(weighted_sums, "_THREADED_PIXELS", 0)
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    assert torch.equal(resize(levels, (45, 31), round_passes=True), alone)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int64, torch.float16, torch.bfloat16, torch.float32, torch.bool])
def test_pixels_of_any_type_are_resampled_in_float64(dtype: torch.dtype) -> None:
    levels = (255 * torch.rand(2, 3, 70, 50, generator=torch.Generator().manual_seed(4))).to(dtype)
    for source in (levels, levels.transpose(-1, -2), levels[..., ::2, 1:]):
        assert torch.equal(resize(source, (33, 90)), resize(source.double().contiguous(), (33, 90)))


@pytest.mark.gpu
def test_the_gpu_gives_the_same_bits() -> None:
    source = torch.rand(3, 60, 44) * 255
    assert torch.equal(resize(source, (15, 11)), resize(source.cuda(), (15, 11)).cpu())


def test_rows_are_resampled_and_rounded_before_columns() -> None:
    levels = torch.randint(0, 256, (1, 1, 40, 36), generator=torch.Generator().manual_seed(1)).double()
    rows = round_half_up(resize(levels, (10, 36)))
    assert torch.equal(resize(levels, (10, 9), round_passes=True), round_half_up(resize(rows, (10, 9))))
    columns = round_half_up(resize(levels, (40, 9)))
    assert not torch.equal(resize(levels, (10, 9), round_passes=True), round_half_up(resize(columns, (10, 9))))


def test_a_stretched_triangle_reads_every_pixel_under_it() -> None:
    for at in range(4, 12):
        impulse = torch.zeros(1, 1, 1, 16)
        impulse[..., at] = 1
        weights = [max(0.0, 1 - abs(1.5 + 4 * k - at) / 4) / 4 for k in range(4)]
        assert resize(impulse, (1, 4), kernel="bilinear").flatten().tolist() == pytest.approx(weights)


def test_bilinear_is_a_triangle_as_wide_as_two_pixels() -> None:
    ramp = torch.tensor([0.0, 4.0, 8.0, 100.0]).expand(1, 1, 4, 4)
    doubled = resize(ramp, (4, 8), kernel="bilinear")[0, 0, 0]
    assert doubled.tolist() == pytest.approx([0, 1, 3, 5, 7, 31, 77, 100])  # each centre 1/4 from one, 3/4 from another
    halved = resize(ramp, (4, 2), kernel="bilinear")[0, 0, 0]
    assert halved.tolist() == pytest.approx([(0 * 4 + 4 * 3 + 8) / 8, (4 + 8 * 3 + 100 * 4) / 8])
