"""The kit for an afternoon on a GPU: everything that has to be measured there, by one command.

    python -m benchmarks.gpu --out reports/2026-12-01-h100 --photographs PHOTOGRAPHS --weights-root WEIGHTS

Parts follow each other in the order of their worth, each a command of its own that is stopped when its share of the
time is over; what it has measured by then is kept. The same command again goes on with the parts that are missing.
`README.md` in the folder says of each part how it ended and what it found, and leads to its files.

It needs torch from 2.6 on and a part of what srbench needs: filelock, jinja2, lightning-fabric, lpips, matplotlib,
numpy, pillow, platformdirs, pydantic, requests, rich, safetensors, scikit-image (for its photographs), scipy,
torchvision and typer; pytest for the first part, and nvidia-ml-py for clocks and energy. An image of PyTorch for CUDA
lacks some of them, which go along as wheels, with what they need in turn. Nothing is fetched: data sets come from
SRBENCH_MIRROR, weights from --weights-root. `--short --device cpu` tries all of it within the same time. With
--minutes 30 or more, every network is measured in every mode.
"""
