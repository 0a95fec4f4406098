"""Real values: PSNR of 16 models on 400 images of a public challenge. They are third parties' and stay outside."""

from pathlib import Path

import numpy as np
import pandas as pd

from srbench.stats.arrays import Floats

FILE = "results/ntire2026_esr.csv"
SOURCE = "NTIRE 2026 efficient super-resolution, Amazingren/NTIRE2026_ESR at 4592ce6, RGB PSNR"


def read(path: Path) -> Floats:
    """Return the PSNR in dB of each model on each image, `(models, images)`."""
    rows = pd.read_csv(path, skipinitialspace=True)
    table = rows.pivot_table(index="model", columns="image", values="psnr_db").to_numpy(dtype=np.float64)
    if not np.isfinite(table).all():
        raise ValueError(f"{path} lacks models on some images; expected one finite psnr_db for each model and image")
    return np.asarray(table)
