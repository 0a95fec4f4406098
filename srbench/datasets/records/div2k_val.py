"""DIV2K validation: 100 photographs of 2K size, not redistributable."""

from srbench.datasets.dataset import Dataset

DATASET = Dataset(
    id="div2k_val",
    title="DIV2K validation",
    count=100,
    folder="DIV2K_valid_HR",
    reference="Agustsson and Timofte, NTIRE 2017 challenge on single image super-resolution, CVPRW 2017",
    licence="academic research only",
    where="https://data.vision.ee.ethz.ch/cvl/DIV2K/: unpack DIV2K_valid_HR.zip and give its parent as --data-root",
    trained=(("DIV2K_val", "all of it"),),
)
