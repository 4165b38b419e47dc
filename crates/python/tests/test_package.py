"""The package itself, and arrays of libraries it has never heard of."""

import csv
from pathlib import Path

import array_api_strict
import numpy as np
import pytest
from conftest import assert_close, run

import sigmulib



def test_import_brings_no_library():
    done = run("import sys, sigmulib; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)")
    assert done.returncode == 0, done.stderr


def test_first_tensor_may_be_met_by_the_compiler():
    done = run(
        "import sigmulib, torch\n"
        "f = torch.compile(sigmulib.sigmul, fullgraph=True, backend='aot_eager')\n"
        "a = torch.randn(9)\n"
        "assert torch.equal(f(a), sigmulib.sigmul(a)) and torch.equal(f(a), sigmulib.sigmul(a))"
    )
    assert done.returncode == 0, done.stderr


def test_what_there_is():
    ours = ["serial", "rayon", "crossbeam", "threads", "pool"]
    assert sigmulib.runtimes() == [*ours, "openmp"]
    without = run("import sigmulib; print(*sigmulib.runtimes()); sigmulib.sigmul(0, runtime='openmp')")
    assert without.stdout.split() == ours and '`runtime` is "openmp", which there is none of' in without.stderr
    elements, source = sigmulib.break_even()
    assert elements > 0 and "serial" in source


def test_array_api():
    a = array_api_strict.asarray(np.arange(-3, 3, dtype=np.float32))
    y = sigmulib.sigmul(a)
    assert type(y) is type(a)
    assert_close(np.from_dlpack(y), np.from_dlpack(a))


class Lent:
    """DLPack and nothing else, of a version of the protocol."""

    def __init__(self, array, versioned):
        self.array, self.versioned = array, versioned

    def __dlpack__(self, **options):
        if not self.versioned:
            if options:
                raise TypeError("unexpected keyword")
            return self.array.__dlpack__()
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


@pytest.mark.parametrize("versioned", [False, True])
def test_dlpack_alone(versioned):
    values = np.arange(6, dtype=np.float32).reshape(2, 3).T
    a, out = Lent(values, versioned), Lent(np.zeros((3, 2), np.float32), versioned)
    assert sigmulib.sigmul(a, out=out) is out
    assert_close(out.array, values)
    with pytest.raises(TypeError, match="give `out`"):
        sigmulib.sigmul(a)


def test_from_the_break_even_on_the_record_says_that_sharing_pays():
    record = Path(__file__).parents[3] / "plots" / "break_even" / "measurements.csv"
    with record.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["runtime"] == "pool" and row["oversubscribed"] == "false"]
    speedups = {int(row["rows"]) * int(row["cols"]): float(row["speedup_low"]) for row in rows}
    shared = {size: low for size, low in speedups.items() if size >= sigmulib.break_even().elements}
    assert len(shared) > 3 and min(shared.values()) > 1.3
