"""Urban100: 100 photographs of buildings, full of repeated structure."""

from srbench.datasets.dataset import Dataset

DATASET = Dataset(
    id="urban100",
    title="Urban100",
    count=100,
    folder="Urban100",
    reference="Huang, Singh and Ahuja, Single image super-resolution from transformed self-exemplars, CVPR 2015",
    licence="photographs under Creative Commons licences of their authors (Flickr)",
    where="fetched from jbhuang0604/SelfExSR @ 8f6dd8c1, data/Urban100/image_SRF_4",
    manifest="Urban100.json",
    hr_multiple=4,
)
