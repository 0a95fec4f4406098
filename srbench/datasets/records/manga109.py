"""Manga109: one page of each of 109 comics, given out on request."""

from srbench.datasets.dataset import Dataset

DATASET = Dataset(
    id="manga109",
    title="Manga109",
    count=109,
    folder="Manga109",
    reference="Matsui et al., Sketch-based manga retrieval using Manga109 dataset, MTAP, 2017",
    licence="academic use, on request",
    where="http://www.manga109.org: ask for it, put the 109 pages into Manga109/ and give its parent as --data-root",
)
