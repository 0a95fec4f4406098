"""The kit for an afternoon on a GPU: everything that has to be measured there, by one command.

    python -m benchmarks.gpu --out reports/2026-12-01-h100 --photographs PHOTOGRAPHS --weights-root WEIGHTS

Parts follow each other in the order of their worth, each a command of its own that is stopped when its share of the
time is over; what it has measured by then is kept. The same command again goes on with the parts that are missing.
`README.md` in the folder says of each part how it ended and what it found, and leads to its files.

It needs torch from 2.6 on and the packages that srbench needs. Beside those of an image of PyTorch for CUDA these are
lpips, pydantic, platformdirs, typer, lightning-fabric, filelock and safetensors; pytest for the first part, and
nvidia-ml-py for clocks and energy. Nothing is fetched: data sets come from SRBENCH_MIRROR, weights from --weights-root.
`--short --device cpu` tries all of it in a minute.
"""
