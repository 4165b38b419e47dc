"""The package itself, and arrays of libraries it has never heard of."""

import csv
import shutil
import subprocess
import tarfile
from importlib import metadata
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
    beside = run("import torch, sigmulib; print(*sigmulib.runtimes())")
    assert beside.stdout.split() == [*ours, "openmp"]
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
    a, out = Lent(values, versioned), Lent(np.zeros((3, 2), np.float32), True)
    assert sigmulib.sigmul(a, out=out) is out
    assert_close(out.array, values)
    with pytest.raises(TypeError, match="give `out`"):
        sigmulib.sigmul(a)


def test_from_the_break_even_on_the_record_says_that_sharing_pays():
    record = Path(__file__).parents[3] / "plots" / "2-cores" / "break_even" / "figures.csv"
    with record.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["arm"] == "pool" and row["threads"] == "2"]
    sizes = [[int(side) for side in row["size"].split("x")] for row in rows]
    speedups = {height * width: float(row["speedup_low"]) for (height, width), row in zip(sizes, rows)}
    shared = {size: low for size, low in speedups.items() if size >= sigmulib.break_even().elements}
    assert len(shared) > 3 and min(shared.values()) > 1.3


class Lenient(Lent):
    """Of a library that can be asked for fresh arrays, and calls `__dlpack__` as it was before there were versions."""

    def __array_namespace__(self, api_version=None):
        class Namespace:
            @staticmethod
            def from_dlpack(lender):
                assert lender.__dlpack_device__() == (1, 0)

                class Once:
                    def __dlpack__(self, **_):
                        return lender.__dlpack__()

                    def __dlpack_device__(self):
                        return 1, 0

                return Lenient(np.from_dlpack(Once()), True)

        return Namespace


@pytest.mark.parametrize("versioned", [False, True])
def test_fresh_array_for_a_library_from_before_versions(versioned):
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    y = sigmulib.sigmul(Lenient(values, versioned))
    assert isinstance(y, Lenient)
    assert_close(y.array, values)


def test_version():
    assert sigmulib.__version__ == metadata.version("sigmulib")


def test_wheel_has_its_licences():
    told = metadata.metadata("sigmulib")
    licences = told.get_all("License-File") or []
    assert any("MIT" in name for name in licences) and any("APACHE" in name.upper() for name in licences)
    files = [str(file) for file in metadata.files("sigmulib")]
    assert all(any(file.endswith(name) and "dist-info" in file for file in files) for name in licences)


@pytest.mark.skipif(not shutil.which("cargo"), reason="no Rust here")
def test_source_distribution_holds_what_it_is_built_from(tmp_path):
    maturin = shutil.which("maturin")
    if not maturin:
        pytest.skip("no maturin here")
    crate = Path(__file__).parents[1]
    command = [maturin, "sdist", "--manifest-path", crate / "Cargo.toml", "--out", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        names = [name.partition("/")[2] for name in packed.getnames()]
        packed.extractall(tmp_path, filter="data")
    assert "pyproject.toml" in names and "PKG-INFO" in names
    assert any("LICENSE-MIT" in name for name in names) and any("LICENSE-APACHE" in name for name in names)
    (unpacked,) = (path for path in tmp_path.iterdir() if path.is_dir())
    (manifest,) = unpacked.glob("**/python/Cargo.toml")
    for line in manifest.read_text().splitlines():
        if line.startswith("build ="):
            assert (manifest.parent / line.split('"')[1]).is_file(), line


TYPED = """
import numpy as np
import sigmulib
import torch

array, tensor = np.ones(3, np.float32), torch.ones(3)
parameter = torch.nn.Parameter(tensor)
"""

def mypy(code, tmp_path):
    api = pytest.importorskip("mypy.api")
    file = tmp_path / "user.py"
    file.write_text(f"{TYPED}\n{code}\n")
    told, errors, _ = api.run(["--follow-imports=silent", "--cache-dir", str(tmp_path), str(file)])
    assert not errors
    return told


def test_types_that_are_right(tmp_path):
    code = """
a: np.ndarray = sigmulib.sigmul(array)
b: torch.Tensor = sigmulib.sigmul(tensor)
c: torch.Tensor = sigmulib.sigmul(parameter)
d: np.ndarray = sigmulib.sigmul(array, out=array)
e: torch.Tensor = sigmulib.sigmul(tensor, out=tensor, runtime="pool", threads=2)
f: torch.Tensor = sigmulib.sigmul(parameter, out=tensor)
version: str = sigmulib.__version__
threads: int = sigmulib.get_num_threads()
sigmulib.set_num_threads(2)
module: torch.nn.Module = sigmulib.torch.SiLU(inplace=True)
names: list[str] = sigmulib.runtimes()
elements: int = sigmulib.break_even().elements
"""
    assert "Success" in mypy(code, tmp_path)


def test_types_that_are_wrong(tmp_path):
    wrong = [
        "sigmulib.sigmul([1.0])",
        "sigmulib.sigmul(1.0)",
        "sigmulib.sigmul('a')",
        "sigmulib.sigmul(None)",
        "sigmulib.sigmul(array, out=tensor)",
        "sigmulib.sigmul(tensor, out=array)",
        "sigmulib.sigmul(array, out=[0.0])",
        "sigmulib.sigmul(array, tensor)",
        "sigmulib.sigmul(array, threads='2')",
        "sigmulib.sigmul(array, runtime=2)",
        "p: torch.nn.Parameter = sigmulib.sigmul(parameter)",
        "n: np.ndarray = sigmulib.sigmul(tensor)",
        "sigmulib.set_num_threads('2')",
    ]
    told = mypy("\n".join(wrong), tmp_path)
    first = TYPED.count("\n") + 2
    accepted = [code for line, code in enumerate(wrong, first) if f"user.py:{line}: error" not in told]
    assert not accepted, told
    assert "attr-defined" not in told, told
