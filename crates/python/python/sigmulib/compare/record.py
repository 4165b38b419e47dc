"""The record: facts in the format that the other benches leave, so that the same code draws it (crates/abreast/RECORD.md)."""

from __future__ import annotations

import csv
import datetime
import itertools
import json
import os
import platform
import subprocess
import time
from pathlib import Path
from typing import Any, Sequence

import numpy as np
import psutil
import torch

from .. import _native
from .arms import BASELINE, Arm
from .measure import Error, Sample

SCHEMA = 3

ARM_COLUMNS = "arm role rows cols threads setting baseline bytes status mean_error max_error why".split()

SAMPLE_COLUMNS = "arm rows cols threads setting round iterations ns baseline_iterations baseline_ns".split()

VIEWS = ["study", "ratio", "sizes", "peers"]

PALETTE = ["sigmulib", "F.silu", "sigmoid(A) * A", "F.silu compiled", "sigmulib NumPy", "sigmulib out=", "silu.out"]
PALETTE += ["Python loop", "serial", "rayon", "crossbeam", "threads", "pool", "NumPy"]
PALETTE += ["F.silu after matmul", "sigmulib after matmul", "F.silu with gradient", "sigmulib with gradient"]
PALETTE += ["F.silu and backward", "sigmulib and backward"]


class Record:
    """A record being written: what was measured reaches the disk size by size."""

    def __init__(self, folder: Path) -> None:
        """Starts a record in a folder of its own, named by the date, within `folder`.

        Raises:
            OSError: The folder can't be written.
        """
        self._watch, self._machine = Watch(), machine()
        date = self._machine["date"].replace(":", "-")
        names = itertools.chain([date], (f"{date}-{n}" for n in itertools.count(2)))
        self.folder = next(folder / name for name in names if not (folder / name).exists())
        self.folder.mkdir(parents=True)
        declared = dict(schema=SCHEMA, bench="python", subject="sigmoid(A) * A", against=BASELINE.label)
        declared |= dict(views=VIEWS, palette=PALETTE, level=_native.build()[0])
        (self.folder / "bench.json").write_text(json.dumps(declared, indent=2) + "\n", encoding="utf-8")
        self._arms = (self.folder / "arms.csv").open("w", newline="")
        self._rows = csv.DictWriter(self._arms, ARM_COLUMNS, lineterminator="\n")
        self._rows.writeheader()
        self._samples = (self.folder / "samples.csv").open("w", newline="")
        self._sample_rows = csv.DictWriter(self._samples, SAMPLE_COLUMNS, lineterminator="\n")
        self._sample_rows.writeheader()
        self.write_machine()

    def write_machine(self, over: bool = False) -> None:
        """Writes what is known of the machine so far, the load during the run included; and at its end that it is over."""
        if over:
            self._machine["load_average_after"] = os.getloadavg()[0]
        self._machine["load_during"] = self._watch.load()
        text = json.dumps(self._machine, indent=2, ensure_ascii=False)
        (self.folder / "machine.json").write_text(text + "\n", encoding="utf-8")

    def measured(self, arm: Arm, d: int, samples: Sequence[Sample], error: Error) -> None:
        """Adds what was measured of an arm."""
        for i, s in enumerate(samples):
            taken = dict(
                round=i,
                iterations=s.calls,
                ns=1e9 * s.seconds,
                baseline_iterations=s.baseline_calls,
                baseline_ns=1e9 * s.baseline_seconds,
            )
            self._sample_rows.writerow({**self._key(arm, d), **taken})
        self._samples.flush()
        self._add(arm, d, status="measured", mean_error=error.mean, max_error=error.largest)

    def not_measured(self, arm: Arm, d: int, status: str, why: str) -> None:
        """Adds an arm that "failed" or was "refused" what it needs, and why."""
        self._add(arm, d, status=status, why=why)

    def _key(self, arm: Arm, d: int) -> dict[str, Any]:
        return dict(arm=arm.label, rows=d, cols=d, threads=arm.threads)

    def _add(self, arm: Arm, d: int, **outcome: Any) -> None:
        role = "baseline" if arm is BASELINE else "contender"
        # Backward, two arrays are read and one written.
        moved = (8 + 12 * arm.backward) * d * d
        self._rows.writerow({**self._key(arm, d), **dict(role=role, baseline=BASELINE.label, bytes=moved), **outcome})
        self._arms.flush()


class Watch:
    """What other processes use of the cores from now on, and what the hypervisor keeps back."""

    def __init__(self) -> None:
        self._start = self._counters()

    @staticmethod
    def _counters() -> tuple[float, float, float]:
        times, own = psutil.cpu_times(), psutil.Process().cpu_times()
        busy = times.user + times.system + getattr(times, "nice", 0) + getattr(times, "irq", 0) + getattr(times, "softirq", 0)
        return time.monotonic(), busy - sum(own[:4]), getattr(times, "steal", 0.0)

    def load(self) -> dict[str, float]:
        """Cores' worth, on average."""
        (began, others, stolen), (now, others_now, stolen_now) = self._start, self._counters()
        seconds = max(now - began, 1e-3)
        return {"others": max(others_now - others, 0.0) / seconds, "stolen": (stolen_now - stolen) / seconds}


def machine() -> dict[str, Any]:
    """What the figures depend on, in abreast's words (crates/abreast/src/record/machine.rs); what can't be told is null."""
    before = Watch()
    time.sleep(0.3)
    _, rustc = _native.build()
    affinity = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
    memory = psutil.virtual_memory()
    return {
        "cpu": cpu(),
        "architecture": platform.machine(),
        "physical_cores": psutil.cpu_count(logical=False),
        "logical_cores": psutil.cpu_count(),
        "available_cores": len(affinity) if affinity else psutil.cpu_count(),
        "affinity": ",".join(map(str, affinity)) if affinity else None,
        "caches": caches(),
        "memory_bytes": memory.total,
        "memory_available_bytes": memory.available,
        "system": f"{platform.system()}, {platform.release()}",
        "rustc": rustc,
        "python": f"{platform.python_implementation()} {platform.python_version()}, "
        f"PyTorch {torch.__version__}, NumPy {np.__version__}, {torch.get_num_threads()} threads",
        "commit": commit(),
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "load_average_before": os.getloadavg()[0],
        "load_before": before.load(),
    }


def cpu() -> str:
    """The CPU's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or "unknown")


def caches() -> list[dict[str, Any]]:
    """The caches that the first core sees, where the system is a Linux."""
    found = []
    for folder in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        of = {name: (folder / name).read_text().strip() for name in ["level", "type", "size", "shared_cpu_list"]}
        size = 1024 * int(of["size"].rstrip("K"))
        found.append({"level": int(of["level"]), "kind": of["type"], "bytes": size, "shared_by": of["shared_cpu_list"]})
    return found


def commit() -> str | None:
    """The commit of the repository this is run in, with `+` where files differ from it."""

    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout.strip()

    try:
        head = git("rev-parse", "--short=9", "HEAD")
        return head + "+" if git("status", "--porcelain", "--", ":/", ":(top,exclude)plots") else head
    except (OSError, subprocess.CalledProcessError):
        return None
