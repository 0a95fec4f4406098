"""BSD100: the 100 validation images of BSDS500."""

from srbench.datasets.dataset import Dataset

DATASET = Dataset(
    id="bsd100",
    title="BSD100",
    count=100,
    folder="BSD100",
    reference="Martin, Fowlkes, Tal and Malik, A database of human segmented natural images, ICCV 2001",
    licence="photographs of others; research use",
    where="fetched from jbhuang0604/SelfExSR @ 8f6dd8c1, data/BSD100/image_SRF_4",
    manifest="BSD100.json",
    hr_multiple=4,
    trained=(("BSDS500_val", "all of it"), ("BSDS500", "all of it")),
)
