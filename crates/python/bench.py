"""PyTorch's time over sigmulib's: tensor in, fresh tensor out, d x d float32, on equal threads, the arms taking turns.

    python bench.py [d ...]
"""

import statistics
import sys
import time

import torch
import torch.nn.functional as F

import sigmulib

SIZES = [2**i for i in range(16)]
TURN = 0.03  # seconds; the first half of a turn warms up, and lets the threads of the arm before go to sleep


def turn(call):
    """Seconds a call, in a turn of its own."""
    calls, end = 0, time.perf_counter() + TURN / 2
    while calls == 0 or time.perf_counter() < end:
        call()
        calls += 1
    began = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - began) / calls


def measure(d):
    a, out = torch.randn(d, d), torch.empty(d, d)
    arms = {
        "sigmulib": lambda: sigmulib.sigmul(a),
        "sigmoid(A) * A": lambda: torch.sigmoid(a) * a,
        "F.silu": lambda: F.silu(a),
        "sigmulib, out=": lambda: sigmulib.sigmul(a, out=out),
        "silu.out": lambda: torch.ops.aten.silu.out(a, out=out),
    }
    samples = {name: [] for name in arms}
    for _ in range(21 if d <= 4096 else 5 if d <= 8192 else 3):
        for name, call in arms.items():
            samples[name].append(turn(call))

    def ratio(theirs, ours):
        return statistics.median(map(lambda t, s: t / s, samples[theirs], samples[ours]))

    ours = statistics.median(samples["sigmulib"])
    print(
        f"{d:6} {ours * 1e6:12.2f} µs {ratio('sigmoid(A) * A', 'sigmulib'):9.2f} {ratio('F.silu', 'sigmulib'):9.2f}"
        f" {ratio('silu.out', 'sigmulib, out='):9.2f}",
        flush=True,
    )


print(f"{'d':>6} {'sigmulib':>15} {'/ sig*A':>9} {'/ F.silu':>9} {'/ silu.out':>9}   {torch.get_num_threads()} threads")
with torch.no_grad():
    for d in map(int, sys.argv[1:] or SIZES):
        measure(d)
