"""`python -m sigmulib.compare`: what it leaves, and what it refuses."""

import csv
import json
import subprocess
import sys

import numpy as np
import pytest
import torch

from sigmulib.compare import arms, measure


def compare(*arguments):
    command = [sys.executable, "-m", "sigmulib.compare", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_it_leaves_a_record(tmp_path):
    done = compare("--sizes", "2,1", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    (folder,) = tmp_path.iterdir()
    assert str(folder) in done.stdout
    measured = rows(folder / "arms.csv")
    labels = [arm.label for arm in arms.ARMS if 1 in arm.sizes]
    assert [(row["arm"], row["rows"]) for row in measured] == [(label, d) for d in ("1", "2") for label in labels]
    for row in measured:
        assert row["status"] == "measured" and row["baseline"] == "F.silu", row
        assert row["role"] == ("baseline" if row["arm"] == "F.silu" else "contender")
        assert float(row["mean_error"]) <= float(row["max_error"]) < 1e-6
    samples = rows(folder / "samples.csv")
    assert len(samples) == 15 * len(measured)
    assert all(float(sample["ns"]) > 0 and float(sample["baseline_ns"]) > 0 for sample in samples)
    declared = json.loads((folder / "bench.json").read_text())
    assert (declared["schema"], declared["bench"]) == (3, "python")
    first = json.loads((folder / "machine.json").read_text())
    assert f"PyTorch {torch.__version__}" in first["python"] and first["load_during"]["others"] >= 0
    assert folder.name == first["date"].replace(":", "-") and first["load_average_after"] >= 0
    # Another run leaves it as it is.
    assert compare("--sizes", "1", "--out", tmp_path).returncode == 0
    (other,) = set(tmp_path.iterdir()) - {folder}
    assert json.loads((folder / "machine.json").read_text()) == first
    assert len(rows(other / "arms.csv")) == len(labels)


@pytest.mark.parametrize("sizes", ["0", "32769", "1,x", "", "1.5"])
def test_sizes_that_are_none(sizes, tmp_path):
    done = compare(f"--sizes={sizes}", "--out", tmp_path / "new")
    assert done.returncode == 2 and f"`{sizes}` are no dimensions: give whole numbers from 1 to 32768" in done.stderr
    assert not (tmp_path / "new").exists()


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    done = compare("--sizes", "1", "--out", tmp_path / "file" / "python")
    assert done.returncode == 1
    assert "error: " in done.stderr and "choose a folder that can with --out" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("arm", [arm for arm in arms.ARMS if 8 in arm.sizes], ids=lambda arm: arm.label)
def test_every_arm_computes_silu(arm):
    names = arms.namespace(8)
    with torch.set_grad_enabled(arm.recorded):
        result = eval(arm.code, names)
    assert torch.as_tensor(result).requires_grad == (arm.recorded and not arm.backward)
    assert measure.error(names["a"], result, names["dy"] if arm.backward else None).largest < 1e-6


@pytest.mark.parametrize(
    "wrong",
    [lambda a: a * 0, lambda a: a.sigmoid() * a * 1.00001, lambda a: a[0], lambda a: a.double(), lambda a: a * float("nan")],
)
def test_a_wrong_result_is_not_timed(wrong):
    a = torch.randn(30, 30)
    with pytest.raises(ValueError, match="result is"):
        measure.error(a, wrong(a))
    with pytest.raises(ValueError, match="result is"):
        measure.error(a, wrong(a), torch.ones_like(a))


def test_errors_are_those_of_float64():
    a = torch.randn(1100, 1000)
    y = torch.nn.functional.silu(a)
    x = a.double().numpy()
    errors = np.abs(y.numpy() - x / (1 + np.exp(-x)))
    assert measure.error(a, y) == pytest.approx((errors.mean(), errors.max()), rel=1e-6)


def test_rounds_are_shuffled_and_paired():
    here = [arm for arm in arms.ARMS if arm.label in ("F.silu", "sigmulib", "NumPy")]
    taken = list(measure.turns(here, arms.namespace(4), 3))
    assert len(taken) == 3
    for of in taken:
        assert of.keys() == {arm.label for arm in here}
        # One turn of the baseline stands beside all arms of a round, its own among them.
        assert len({sample[2:] for sample in of.values()}) == 1
        assert of["F.silu"][:2] != of["F.silu"][2:]
