"""Set5: five photographs, the oldest of the field's test sets."""

from srbench.datasets.dataset import Dataset

DATASET = Dataset(
    id="set5",
    title="Set5",
    count=5,
    folder="Set5",
    reference="Bevilacqua, Roumy, Guillemot and Alberi-Morel, Low-complexity single-image super-resolution, BMVC 2012",
    licence="photographs of others; research use",
    where="fetched from JingyunLiang/SwinIR @ 6545850f, testsets/Set5/HR",
    manifest="Set5.json",
    shares=(
        ("set14", "head is Set14's face"),
        ("set14", "butterfly is a crop of Set14's monarch"),
    ),
    trained=(("BSDS500_train", "woman is its image 302003"),),
)
