"""`python -m sigmulib.compare`."""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from pathlib import Path

# Compiled in this process: processes of its own would take cores from what is measured.
os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")

try:
    import psutil
    import torch
    from tqdm import tqdm

    from . import arms, measure
    from .record import Record
except ImportError as missing:
    sys.exit(f"error: {missing.name} is missing: pip install './crates/python[compare]'")

SIZES = [2**i for i in range(16)]


def rounds(d: int) -> int:
    """Turns of each arm: fewer where one takes seconds."""
    return 15 if d <= 4096 else 9


RATIOS = [
    ("sigmoid(A) * A", "sigmulib"),
    ("F.silu", "sigmulib"),
    ("F.silu compiled", "sigmulib"),
    ("silu.out", "sigmulib out="),
    ("F.silu after matmul", "sigmulib after matmul"),
    ("F.silu with gradient", "sigmulib with gradient"),
    ("F.silu and backward", "sigmulib and backward"),
]
"""A peer, and what of sigmulib it is held against."""


def sizes(text: str) -> list[int]:
    try:
        found = sorted({int(part) for part in text.split(",")})
    except ValueError:
        found = []
    if not found or not 1 <= found[0] <= found[-1] <= SIZES[-1]:
        raise argparse.ArgumentTypeError(f"`{text}` are no dimensions: give whole numbers from 1 to {SIZES[-1]}, as 1,64,1024")
    return found


def compare(d: int, record: Record, progress: tqdm) -> dict[str, list[measure.Sample]]:
    """Measures all arms on d x d, and gives the samples of those that could be."""
    here = [arm for arm in arms.ARMS if d in arm.sizes]
    available = psutil.virtual_memory().available
    for arm in list(here):
        needed = (2 + arm.matrices) * 4 * d * d
        if needed > 0.95 * available:
            here.remove(arm)
            why = f"it takes {needed / 2**30:.0f} GiB of memory, of which {available / 2**30:.1f} are available"
            record.not_measured(arm, d, "refused", why)
            progress.update(rounds(d))
    if not here:
        return {}
    names, errors = arms.namespace(d), {}
    for arm in list(here):
        try:
            with torch.set_grad_enabled(arm.recorded):
                result = eval(arm.code, names)
            errors[arm.label] = measure.error(names["a"], result, names["dy"] if arm.backward else None)
        except Exception as reason:  # Whatever keeps one arm from a result, the others have theirs.
            here.remove(arm)
            record.not_measured(arm, d, "failed", " ".join(str(reason).split())[:300])
            progress.update(rounds(d))
    samples = {arm.label: [] for arm in here}
    for taken in measure.turns(here, names, rounds(d)):
        for label, sample in taken.items():
            samples[label].append(sample)
        progress.update(len(here))
    for arm in here:
        record.measured(arm, d, samples[arm.label], errors[arm.label])
    record.write_machine()
    return samples


def speedup(samples: list[measure.Sample]) -> float:
    """How many times as fast as the baseline, for the line on the terminal; the record's readers have intervals."""
    return statistics.median(s.baseline_seconds / s.baseline_calls / (s.seconds / s.calls) for s in samples)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sigmulib.compare", description="sigmulib, PyTorch and NumPy side by side.")
    parser.add_argument(
        "--sizes", type=sizes, default=SIZES, help="dimensions d of d x d matrices (default: 1, 2, 4 ... 32768)"
    )
    parser.add_argument("--out", type=Path, default=Path("plots/here/python"), help="the folder of its runs (default: plots/here/python)")
    asked = parser.parse_args()
    torch.set_grad_enabled(False)
    try:
        record = Record(asked.out)
    except OSError as reason:
        sys.exit(f"error: {asked.out} can't be written ({reason}): choose a folder that can with --out")
    total = sum(rounds(d) * sum(d in arm.sizes for arm in arms.ARMS) for d in asked.sizes)
    print(f"{'d':>6} {'sigmulib':>13}   times as long: " + "  ".join(peer for peer, _ in RATIOS), flush=True)
    with tqdm(total=total, unit="turn", leave=False) as progress:
        for d in asked.sizes:
            progress.set_description(f"d = {d}")
            of = compare(d, record, progress)
            ratios = [
                f"{speedup(of[ours]) / speedup(of[peer]):.2f}" if {peer, ours} <= of.keys() else "-"
                for peer, ours in RATIOS
            ]
            own = statistics.median(s.seconds / s.calls for s in of["sigmulib"]) if "sigmulib" in of else None
            ours = f"{1e6 * own:10.2f} µs" if own else "not measured"
            line = "  ".join(f"{ratio:>{len(peer)}}" for ratio, (peer, _) in zip(ratios, RATIOS))
            progress.write(f"{d:6} {ours:>13}                  {line}")
    record.write_machine(over=True)
    print(f"record: {record.folder}; for charts, tables and intervals: cargo run --release -p harness -- redraw {record.folder}")


main()
