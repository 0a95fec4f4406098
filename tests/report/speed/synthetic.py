"""Sessions as a GPU could have measured them."""

from dataclasses import replace

from srbench.evaluation.summary import Summary
from srbench.speed.records import Ceiling, PsnrDrop, SpeedRow, SpeedSession, Work

# id, PSNR on Set5 in dB, output MP/s in fp32, thousands of parameters, GMACs for 320 x 180
MODELS: tuple[tuple[str, float, float, int, float], ...] = (
    ("nearest", 26.26, 400.0, 0, 0.0),
    ("bilinear", 27.56, 310.0, 0, 0.0),
    ("bicubic", 28.42, 220.0, 0, 0.0),
    ("srcnn.mmagic_div2k", 30.48, 24.0, 20, 52.7),
    ("fsrcnn", 30.71, 160.0, 12, 4.6),
    ("espcn", 30.90, 140.0, 25, 3.3),
    ("vdsr", 31.35, 2.3, 665, 612.6),
    ("realesr_general.ncnn", 28.90, 14.0, 1213, 69.9),
    ("edsr_baseline.mmagic_div2k", 32.10, 7.5, 1518, 114.0),
    ("srresnet", 32.05, 6.8, 1543, 166.0),
    ("msrresnet.basicsr_x4", 32.22, 7.0, 1517, 146.0),
    ("edsr", 32.46, 0.35, 43090, 2895.0),
    ("esrgan.psnr_df2k", 32.73, 0.1, 16698, 1034.0),
    ("esrgan.df2k_ost", 30.46, 0.1, 16698, 1034.0),
)
MODES = {"fp32": 1.0, "bf16": 1.7, "bf16+split+channels_last": 2.9}
DEVICE = {
    "python": "3.11.2",
    "packages": {"torch": "2.7.1", "numpy": "2.1"},
    "device": "cuda",
    "gpu": "NVIDIA H200",
    "machine": "NVIDIA H200",
    "driver": "570.124",
    "threads": 16,
    "allocator": "expandable_segments",
    "power_limit_w": 700.0,
    "clocks": {"sm_mhz": 1980, "memory_mhz": 3201},
    "tf32": False,
}


def row(
    model: str = "srresnet", mode: str = "fp32", speed: float = 6.8, batch: int = 1, thousands: int = 1543,
    gmacs: float = 166.0, psnr: float = 29.0,
) -> SpeedRow:  # fmt: skip
    height, width = 180, 320
    median = 1000 * batch * 16 * height * width / 1e6 / speed
    macs = int(gmacs * 1e9)
    counted = (thousands * 1000, macs, 2 * macs, int(3e6 * gmacs**0.5), 2 * macs - 10**9, ("add", "relu"))
    work = Work(*counted, {f"{model}.safetensors": thousands * 1000 + 4000}) if thousands else None
    tflops = 2 * macs * batch / median / 1e9
    loss = 0.0 if mode == "fp32" else -0.004 if "split" not in mode else -0.013
    return SpeedRow(
        model=model,
        identity="abc",
        mode=mode,
        device="cuda",
        scenario="latency" if batch == 1 else "throughput",
        scale=4,
        lr_height=height,
        lr_width=width,
        batch=batch,
        batch_limit="" if batch == 1 else "memory",
        median_ms=median,
        p90_ms=median * 1.05,
        p99_ms=median * 1.21,
        iqr_ms=(median * 0.97, median * 1.06),
        calls=200,
        seconds=median * 0.2,
        warm_up_calls=5,
        valid=True,
        images_per_s=1000 * batch / median,
        output_mp_per_s=speed,
        ms_per_image=median / batch,
        peak_memory_mib=140.5 + 90 * batch,
        work=work,
        tflops=tflops if work else None,
        ceiling_share=tflops / 52 if work else None,
        joule_per_image=0.35 * median / batch,
        psnr_drop=PsnrDrop(loss / 2, loss, psnr + loss / 2, 12),
    )


def broken(model: str, mode: str, failure: str) -> SpeedRow:
    return SpeedRow(model, "abc", mode, "cuda", "throughput", 4, 180, 320, failure=failure)


def session(batches: tuple[int, ...] = (1, 32)) -> SpeedSession:
    rows = []
    for batch in batches:
        for place, (model, psnr, speed, thousands, gmacs) in enumerate(MODELS):
            for mode, gain in MODES.items():
                # Small networks gain more from a batch, and no two models gain the same.
                grown = speed * (gain if thousands else gain**0.3) * (1 + 0.04 * batch * (1 + place % 3) / 3)
                rows.append(row(model, mode, grown, batch, thousands, gmacs, psnr - 2))
    rows[4] = replace(rows[4], valid=False, reason="the clock fell by 12 %")
    rows[-1] = broken("esrgan.df2k_ost", "bf16+split+channels_last", "out of memory with 1 image")
    ceiling = Ceiling({"fp32": 52.1, "tf32": 380.0, "bf16": 712.0}, 4120.0)
    return SpeedSession(DEVICE, ceiling, rows, {"srgan": "no weights"})


def summary(model: str, mean: float | None, metric: str = "psnr", mode: str = "fp32", device: str = "cpu") -> Summary:
    unit = "dB" if metric == "psnr" else ""
    higher = metric != "lpips"
    return Summary(model, "Set5", metric, mean, 1.0, 5, unit, None, mean, None, higher, device, mode)


def summaries() -> list[Summary]:
    found = []
    for model, psnr, *_ in MODELS:
        lpips = 0.60 - 0.055 * (psnr - 26) if model != "esrgan.df2k_ost" else 0.07
        found += [summary(model, psnr), summary(model, psnr / 36.5, "ssim"), summary(model, lpips, "lpips")]
    return found
