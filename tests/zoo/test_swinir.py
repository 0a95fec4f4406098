"""SwinIR beside spandrel's, which is its authors' code."""

import pytest
import torch

from srbench.models import foreign


@pytest.mark.filterwarnings("ignore:torch.meshgrid")
@pytest.mark.parametrize("size", [(9, 21), (24, 16)])
def test_a_state_of_the_authors_names_gives_their_output(size: tuple[int, int]) -> None:
    spandrel = pytest.importorskip("spandrel")
    theirs = spandrel.architectures.SwinIR.SwinIR(
        img_size=64,
        embed_dim=12,
        depths=[2, 2],
        num_heads=[2, 2],
        window_size=8,
        mlp_ratio=2,
        upscale=4,
        upsampler="pixelshuffledirect",
    ).eval()
    for parameter in theirs.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    found = foreign.detect(theirs.state_dict())
    assert found is not None
    arch, settings, state = found
    ours = arch.build(**settings).eval()
    ours.load_state_dict(state)
    lr = torch.rand(2, 3, *size)
    with torch.no_grad():
        expected = theirs(lr)[:, :, : 4 * size[0], : 4 * size[1]]
        assert torch.allclose(ours(lr), expected, atol=1e-4 * expected.abs().max().item())
