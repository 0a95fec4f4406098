"""The photographs that the installed scikit-image carries: no download, free to publish."""

from srbench.datasets.dataset import Dataset

DATASET = Dataset(
    id="builtin",
    title="builtin",
    count=3,
    folder="builtin",
    reference="scikit-image, skimage/data: astronaut (NASA), chelsea (Stefan van der Walt), coffee (Rachel Michetti)",
    licence="astronaut: public domain; chelsea and coffee: CC0",
    where="inside the scikit-image package",
    manifest="builtin.json",
    package=("skimage", "data"),
)
