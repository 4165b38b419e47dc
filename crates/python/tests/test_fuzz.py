"""Random calls on memory between pages that may not be touched, held against float64 and against what lies side by side.

An element too far is a fault. That ends the process, so the calls are made in one of their own, which notes each before it
makes it. SIGMULIB_FUZZ_SECONDS says for how long (3), SIGMULIB_FUZZ_SEED repeats what a failure prints.
"""

import ctypes
import ctypes.util
import itertools
import json
import mmap
import os
import platform
import random
import signal
import subprocess
import sys
import time
import traceback

import numpy as np
import pytest
from conftest import ByHand, exact, exact_derivative

import sigmulib

try:
    import torch
except ImportError:
    torch = None

libc = ctypes.CDLL(None, use_errno=True)
PAGE = mmap.PAGESIZE
ELEMENT = 4


class Memory:
    """So many bytes, at the beginning or at the end of memory whose neighbours may not be touched."""

    def __init__(self, size, at_the_end):
        pages = max(-(-size // PAGE), 1)
        self.map = mmap.mmap(-1, (pages + 2) * PAGE)
        whole = np.frombuffer(self.map, np.uint8)
        self.address = whole.ctypes.data + PAGE
        for guard in (whole.ctypes.data, self.address + pages * PAGE):
            if libc.mprotect(ctypes.c_void_p(guard), ctypes.c_size_t(PAGE), 0) != 0:
                raise OSError(ctypes.get_errno(), "mprotect")
        self.between = whole[PAGE : (pages + 1) * PAGE]
        self.start = len(self.between) - size if at_the_end else 0
        self.between[:] = 0xA5


class Layout:
    """A shape, and strides in elements, of memory without a byte before the first element or behind the last."""

    def __init__(self, shape, strides):
        self.shape, self.strides = tuple(shape), tuple(strides)
        self.len = int(np.prod(self.shape, dtype=np.int64))
        ends = [(n - 1) * step for n, step in zip(self.shape, self.strides)] if self.len else []
        self.first = -sum(end for end in ends if end < 0)
        self.size = (self.first + sum(end for end in ends if end > 0) + 1) * ELEMENT if self.len else 0


class Array:
    """An array of a layout in guarded memory."""

    def __init__(self, layout, at_the_end, skew=0):
        self.layout = layout
        memory = Memory(layout.size + skew, at_the_end)
        # Skewed elements still begin or end where the memory does.
        self.start = memory.start + (0 if at_the_end else skew) + layout.first * ELEMENT
        self.memory = memory
        self.numpy = self.over(memory.between)

    def over(self, between):
        """The array, over bytes of the same size as those it lies in."""
        strides = [step * ELEMENT for step in self.layout.strides]
        if not self.layout.len:
            return np.ndarray(self.layout.shape, np.float32, strides=strides)
        return np.ndarray(self.layout.shape, np.float32, between, self.start, strides)

    def expect(self, values):
        """The memory as it must be when the array is `values`, and nothing else was written."""
        between = self.memory.between.copy()
        self.over(between)[...] = values
        return between

    def tensor(self):
        if not self.layout.len:
            return torch.empty_strided(self.layout.shape, [abs(step) for step in self.layout.strides])
        size = len(self.memory.between) // ELEMENT
        flat = torch.frombuffer(self.memory.map, dtype=torch.float32, offset=PAGE, count=size)
        return flat.as_strided(self.layout.shape, self.layout.strides, self.start // ELEMENT)

    def by_hand(self, draw, lie):
        data = self.memory.address + self.start
        offset = draw.choice([0, 0, 4, 64])
        contiguous = self.layout.strides == contiguous_strides(self.layout.shape)
        strides = None if contiguous and draw.random() < 0.5 else self.layout.strides
        shape = self.layout.shape
        if lie and contiguous and shape and self.layout.len and self.memory.start:
            shape = (shape[0] + 1, *shape[1:])
        return ByHand(data - offset, shape, strides, byte_offset=offset)


def contiguous_strides(shape):
    strides, filled = [], 1
    for n in reversed(shape):
        strides.insert(0, filled)
        filled *= n
    return tuple(strides)


def shape_of(draw):
    dims = draw.choice([0, 1, 1, 1, 2, 2, 2, 3, 4, 5])
    sizes = [0, 1, 1, 2, 3, 5, 8, 9, 16, 17, 31, 33]
    shape = [draw.choice(sizes[draw.random() < 0.9 :]) for _ in range(dims)]
    if dims and draw.random() < 0.2:
        shape[draw.randrange(dims)] = draw.choice([63, 127, 129, 1000, 2047, 2049, 4096, 5000, 16_383, 16_384, 40_000, 140_000])
    while np.prod(shape, dtype=np.int64) > 200_000:
        shape[shape.index(max(shape))] //= 2
    return shape


def strides_of(draw, shape, negative, zero):
    if draw.random() < 0.3:
        return contiguous_strides(shape)
    strides, filled = [0] * len(shape), 1
    order = list(range(len(shape)))
    if draw.random() < 0.6:
        draw.shuffle(order)
    for i in order:
        gap = draw.choice([0, 0, 0, 0, 0, 1, 2, 7]) if shape[i] < 100 else draw.choice([0, 0, 0, 1])
        strides[i] = filled + gap if gap < 7 or filled > 1 else 7
        filled = max(strides[i] * max(shape[i], 1), 1)
        if zero and draw.random() < 0.1:
            strides[i] = 0
            filled = max(filled // max(shape[i], 1), 1)
        if negative and draw.random() < 0.25:
            strides[i] = -strides[i]
    # Of dimensions of one element, or none, they may be anything.
    return [draw.choice([step, 1, 12_345]) if n < 2 else step for n, step in zip(shape, strides)]


SPECIAL = np.array(
    [0.0, -0.0, np.inf, -np.inf, np.nan, 1e-45, -1e-45, 1e-40, -1e-39, 3.4e38, -3.4e38, 88.7, -88.7, 104.0, -104.0, 1.0, -87.3],
    np.float32,
)


def values_of(draw, shape):
    generator = np.random.default_rng(draw.randrange(2**32))
    kind = draw.choice(["normal", "normal", "wide", "bits", "special", "mixed"])
    if kind == "bits":
        return generator.integers(0, 2**32, shape, np.uint32).view(np.float32)
    values = generator.normal(0, 200 if kind == "wide" else 3, shape).astype(np.float32)
    if kind in ("special", "mixed"):
        special = generator.random(shape) < (1 if kind == "special" else 0.05)
        values = np.where(special, generator.choice(SPECIAL, shape), values)
    return values.astype(np.float32)


def same_bits(y, expected):
    """But for the payloads of what is no number."""
    y, expected = np.ascontiguousarray(y), np.ascontiguousarray(expected)
    return np.all((y.view(np.uint32) == expected.view(np.uint32)) | (np.isnan(y) & np.isnan(expected)))


def check_values(y, x):
    with np.errstate(all="ignore"):
        expected = exact(x)
    ulp = np.spacing(np.abs(expected).astype(np.float32)).astype(np.float64)
    with np.errstate(all="ignore"):
        good = (np.abs(y - expected) <= 1.001 * ulp) | (y == expected.astype(np.float32)) | (np.isnan(y) & np.isnan(expected))
    assert np.all(good), f"wrong results {np.asarray(y)[~good][:3]} of {np.asarray(x)[~good][:3]}"


def check_memory(array, expected, name):
    wrong = np.flatnonzero(array.memory.between != expected)
    assert not wrong.size, f"`{name}`: {wrong.size} bytes are other than they should be, the first at {wrong[0] - array.start}"


class Call:
    """A random call, and what must hold after it."""

    def __init__(self, draw, lie=False):
        self.draw, self.lie = draw, lie
        of_pytorch = ["torch", "torch", "negated", "gradient"] if torch else []
        self.kind = "by_hand" if lie else draw.choice(["numpy", "by_hand", *of_pytorch])
        ways = {"by_hand": ["out", "in_place"], "negated": ["fresh", "out"], "gradient": ["fresh"]}
        self.way = draw.choice(ways.get(self.kind, ["fresh", "out", "in_place"]))
        self.options = {
            "runtime": draw.choice([None, None, *sigmulib.runtimes()]),
            "threads": draw.choice([None, 1, 2, 3, 7]),
        }
        shape = shape_of(draw)
        negative = self.kind in ("numpy", "by_hand")
        skew = draw.choice([0, 0, 0, 1, 2, 3]) if self.kind == "numpy" else 0
        strides = strides_of(draw, shape, negative, self.way != "in_place")
        self.a = Array(Layout(shape, strides), draw.random() < 0.5, skew)
        self.a.numpy[...] = values_of(draw, shape)
        if self.way == "out":
            skew = draw.choice([0, 0, 0, 1, 2, 3]) if self.kind == "numpy" else 0
            alike = 0 not in strides and draw.random() < 0.4
            strides = strides if alike else strides_of(draw, shape, negative, False)
            self.out = Array(Layout(shape, strides), draw.random() < 0.5, skew)
        if self.kind == "gradient":
            self.g = Array(Layout(shape, strides_of(draw, shape, False, True)), draw.random() < 0.5)
            self.g.numpy[...] = np.random.default_rng(draw.randrange(2**32)).normal(0, 2, shape)

    def __str__(self):
        def told(array):
            where = "end" if array.memory.start else "beginning"
            return {"shape": array.layout.shape, "strides": array.layout.strides, "start": array.start, "at_the": where}

        arrays = {name: told(getattr(self, name)) for name in ("a", "out", "g") if hasattr(self, name)}
        return json.dumps({"kind": self.kind, "way": self.way, **self.options, **arrays})

    def lend(self, array):
        if self.kind == "numpy":
            return array.numpy
        if self.kind == "by_hand":
            return array.by_hand(self.draw, self.lie)
        return array.tensor()

    def make(self):
        x = self.a.numpy.copy()
        if self.kind == "negated":
            x = -x
        y = sigmulib.sigmul(np.ascontiguousarray(x), runtime="serial").reshape(x.shape)
        check_values(y, x)
        a = self.lend(self.a)
        if self.kind == "negated":
            a = torch._neg_view(a)
        before = self.a.memory.between.copy()
        if self.way == "fresh":
            self.check_fresh(a, x, y)
            check_memory(self.a, before, "a")
            return
        target = self.a if self.way == "in_place" else self.out
        expected = target.expect(y)
        out = a if self.way == "in_place" else self.lend(target)
        assert sigmulib.sigmul(a, out=out, **self.options) is out
        assert same_bits(target.numpy, y), "the result is other than that of the contiguous array"
        if self.a.layout.len:
            hole = np.isnan(y)
            target.numpy[hole] = y[hole]
        check_memory(target, expected, "out")
        if self.way == "out":
            check_memory(self.a, before, "a")
        for lent in {a, out} if self.kind == "by_hand" else ():
            assert lent.lent == lent.returned > 0, f"lent {lent.lent} times, and given back {lent.returned} times"

    def check_fresh(self, a, x, y):
        if self.kind == "gradient":
            a.requires_grad_()
        result = sigmulib.sigmul(a, **self.options)
        values = np.asarray(result.detach() if self.kind in ("torch", "negated", "gradient") else result)
        assert type(result) is type(a) and values.shape == x.shape and values.dtype == np.float32
        assert same_bits(values, y), "the result is other than that of the contiguous array"
        if self.kind == "numpy":
            assert result.strides == np.empty_like(self.a.numpy).strides
        if self.kind == "gradient":
            self.check_gradient(a, result, x)

    def check_gradient(self, a, result, x):
        (grad,) = torch.autograd.grad(result, a, self.lend(self.g))
        before = self.g.memory.between.copy()
        with np.errstate(all="ignore"):
            expected = exact_derivative(x) * self.g.numpy
        finite = np.isfinite(expected)
        np.testing.assert_allclose(grad.numpy()[finite], expected[finite], rtol=1e-5, atol=1e-6)
        check_memory(self.g, before, "g")


class Absurd:
    """A claim of elements that nobody can have. It is refused, and nothing is touched."""

    def __init__(self, draw):
        self.draw = draw
        dims = draw.randint(1, 4)
        big = [2**n + d for n in (31, 32, 46, 47, 48, 61, 62) for d in (-1, 0, 1)] + [2**63 - 1]
        self.shape = [draw.choice([1, 2, 3, *big]) for _ in range(dims)]
        if np.prod([float(n) for n in self.shape]) < 2**47:
            self.shape[0] = draw.choice(big[12:])
        self.strides = None if draw.random() < 0.3 else [draw.choice([0, 1, -1, 2**31, -(2**62), 2**61]) for _ in self.shape]
        self.tensor = torch is not None and draw.random() < 0.3
        self.with_out = draw.random() < 0.5

    def __str__(self):
        return json.dumps({"absurd": self.shape, "strides": self.strides, "tensor": self.tensor, "with_out": self.with_out})

    def make(self):
        memory = Array(Layout((1,), (1,)), True)
        before = memory.memory.between.copy()
        if self.tensor:
            try:
                a = torch.ones(1).as_strided(self.shape, [0] * len(self.shape))
            except (RuntimeError, OverflowError, TypeError):
                return
            out = torch.ones(1)
        else:
            a = ByHand(memory.memory.address + memory.start, self.shape, self.strides)
            out = ByHand(memory.memory.address + memory.start, (1,), (1,))
        try:
            sigmulib.sigmul(a, out=out if self.with_out else None)
        except (MemoryError, ValueError, TypeError):
            pass
        else:
            raise AssertionError("it was not refused")
        check_memory(memory, before, "memory")


LIE = "lie"
"""Arrays by hand claim a row more than they have, where their memory ends."""


CHECKS_MALLOC = platform.libc_ver()[0] == "glibc" and ctypes.util.find_library("c_malloc_debug") == "libc_malloc_debug.so.0"


def main(seed, seconds, case_file, lie):
    """Makes random calls for so long, and prints how many."""
    if torch:
        # What the first of each takes is not the fuzzing's time.
        sigmulib.sigmul(torch._neg_view(torch.ones(3, requires_grad=True))).sum().backward()
    with open(case_file, "wb", buffering=0) as file:
        ends = time.monotonic() + seconds
        for number in itertools.count():
            # A machine may be busy.
            if time.monotonic() > ends and number >= 100:
                print(number)
                return
            draw = random.Random(f"{seed}-{number}")
            call = Absurd(draw) if draw.random() < 0.05 else Call(draw, lie)
            told = f"call {number}: {call}".encode()
            file.seek(0)
            file.write(told)
            file.truncate()
            try:
                call.make()
            except ValueError:
                # Of two arrays of different shapes, if only one of them lies.
                if not lie:
                    raise


def fuzz(seed, seconds, folder, lie=False):
    """What went wrong, or None, and the number of calls."""
    case_file = folder / "case"
    command = [sys.executable, __file__, str(seed), str(seconds), str(case_file), *([LIE] if lie else [])]
    # What is written beyond memory that was allocated is found when it is freed.
    checking = {"LD_PRELOAD": "libc_malloc_debug.so.0", "GLIBC_TUNABLES": "glibc.malloc.check=3"} if CHECKS_MALLOC else {}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=seconds + 100, env={**os.environ, **checking}
    )
    if done.returncode == 0:
        return None, int(done.stdout)
    how = f"signal {-done.returncode}" if done.returncode < 0 else done.stderr
    case = case_file.read_text() if case_file.exists() else "before the first call"
    return f"SIGMULIB_FUZZ_SEED={seed}: {case}\n{how}", 0


pytestmark = pytest.mark.skipif(not hasattr(mmap, "MAP_ANONYMOUS"), reason="no pages to guard here")


def test_random_calls(tmp_path):
    seed = os.environ.get("SIGMULIB_FUZZ_SEED") or random.randrange(2**32)
    wrong, calls = fuzz(seed, float(os.environ.get("SIGMULIB_FUZZ_SECONDS", 3)), tmp_path)
    assert wrong is None, wrong
    assert calls >= 100


def test_an_element_too_far_is_found(tmp_path):
    wrong, _ = fuzz(1, 20, tmp_path, lie=True)
    assert wrong and f"signal {signal.SIGSEGV}" in wrong and '"kind": "by_hand"' in wrong


if __name__ == "__main__":
    try:
        main(sys.argv[1], float(sys.argv[2]), sys.argv[3], LIE in sys.argv[4:])
    except BaseException:
        traceback.print_exc()
        sys.exit(1)
