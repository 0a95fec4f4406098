"""Set14: fourteen test pictures; bridge is grey and stays grey."""

from srbench.datasets.dataset import Dataset

DATASET = Dataset(
    id="set14",
    title="Set14",
    count=14,
    folder="Set14",
    reference="Zeyde, Elad and Protter, On single image scale-up using sparse-representations, 2010",
    licence="photographs of others; research use",
    where="fetched from cszn/SRMD @ c8399514, testsets/Set14",
    manifest="Set14.json",
    shares=(
        ("set5", "face is Set5's head"),
        ("set5", "monarch holds Set5's butterfly"),
    ),
)
