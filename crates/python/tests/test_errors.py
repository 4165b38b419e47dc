"""What is refused, with what words, and that nothing is written then."""

from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import ByHand, assert_close, passes

import sigmulib

TESTS = str(Path(__file__).parent)
A = np.ones((3, 4), np.float32)
T = torch.ones(3, 4)


def read_only():
    out = A.copy()
    out.flags.writeable = False
    return out


@pytest.mark.parametrize(
    ("a", "error", "words"),
    [
        ([1.0], TypeError, "`a` is a list: give"),
        (None, TypeError, "`a` is a NoneType"),
        (np.float32(1), TypeError, "numpy.float32"),
        *[(A.astype(d), TypeError, "only float32") for d in ["f8", "f2", "i4", "?", "c8", ">f4", "O", "U3", "M8[s]"]],
        *[(T.to(d), TypeError, f"{d}: only float32") for d in [torch.float64, torch.bfloat16, torch.int32, torch.bool]],
        (T.to_sparse(), ValueError, "dense copy"),
        (T.to_sparse_csr(), ValueError, "dense copy"),
        (torch.nested.nested_tensor([T, T]), ValueError, "nested"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_input(a, error, words):
    with pytest.raises(error, match=words) as raised:
        sigmulib.sigmul(a)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("a", "out", "error", "words"),
    [
        (A, np.zeros((4, 3), np.float32), ValueError, r"shape \[4, 3\] and `a` \[3, 4\]"),
        (A, np.zeros((3, 4)), TypeError, "`out` is of dtype float64"),
        (A, read_only(), ValueError, "`out` is read-only"),
        (A, np.broadcast_to(np.zeros(4, np.float32), (3, 4)), ValueError, "`out`"),
        (A, T, TypeError, "`out` is a torch.Tensor and `a` a numpy.ndarray"),
        (A, [0.0], TypeError, "`out` is a list"),
        (T, A, TypeError, "`out` is a numpy.ndarray and `a` a torch.Tensor"),
        (T, torch.zeros(3), ValueError, "shape"),
        (T, torch.zeros(3, 4).double(), TypeError, "`out` is of dtype torch.float64"),
        (T, torch.zeros(4).expand(3, 4), ValueError, "share memory with one another"),
        (T, torch.zeros(3, 4, requires_grad=True), ValueError, "derivatives"),
        (T.clone().requires_grad_(), torch.zeros(3, 4), ValueError, "derivatives"),
        (T, torch.zeros(3, 4).to_sparse(), ValueError, "`out`"),
        (T, torch.zeros(3, 4, dtype=torch.complex64).conj().imag, ValueError, "negated view"),
    ],
)
def test_out(a, out, error, words):
    before = out.clone() if isinstance(out, torch.Tensor) else np.copy(out)
    with pytest.raises(error, match=words):
        sigmulib.sigmul(a, out=out)
    same = torch.equal(out.to_dense(), before.to_dense()) if isinstance(out, torch.Tensor) else np.array_equal(out, before)
    assert same


def test_partly_overlapping_tensors():
    memory = torch.ones(10)
    with pytest.raises(ValueError, match="overlaps `a`"):
        sigmulib.sigmul(memory[:-1], out=memory[1:])
    assert torch.equal(memory, torch.ones(10))


@pytest.mark.parametrize(
    ("threads", "error"),
    [
        *[(count, ValueError) for count in (0, -1, 1025, 10**30, -(10**30), np.int64(0), np.int8(-1), np.uint64(2**64 - 1))],
        *[(count, TypeError) for count in (2.0, "2", True, False, np.bool_(True), np.float32(2), [2], 2j)],
    ],
)
@pytest.mark.parametrize("a", [A, T])
def test_threads(a, threads, error):
    with pytest.raises(error, match="from 1 to 1024"):
        sigmulib.sigmul(a, threads=threads)


class Index:
    def __index__(self):
        return 2


@pytest.mark.parametrize("threads", [np.int64(2), np.uint8(2), np.array(2), torch.tensor(2), Index()], ids=repr)
@pytest.mark.parametrize("a", [A, T])
def test_whole_numbers_of_other_kinds(a, threads):
    assert_close(sigmulib.sigmul(a, threads=threads), a)
    assert_close(sigmulib.sigmul(a, runtime="pool", threads=threads), a)


@pytest.mark.parametrize(("runtime", "error"), [("omp", ValueError), ("", ValueError), (3, TypeError)])
@pytest.mark.parametrize("a", [A, T])
def test_runtime(a, runtime, error):
    with pytest.raises(error, match="serial, rayon, crossbeam, threads, pool"):
        sigmulib.sigmul(a, runtime=runtime)


BEYOND = [(2**62,), (2**63 - 1,), (2**61,), (2**31, 2**31), (2**32, 2**32), (3, 2**62), (2**21, 2**21, 2**21), (2**61, 4)]
"""Shapes whose bytes are more than can be counted. The product of some is 0 where it wraps, or a small number."""


class TestShapesBeyondMemory:
    @pytest.mark.parametrize("shape", BEYOND, ids=str)
    def test_tensor(self, shape):
        passes(
            f"""
            import torch, sigmulib
            try:
                a = torch.ones(1).as_strided({shape}, {[0] * len(shape)})
            except RuntimeError:
                raise SystemExit
            for _ in range(2):
                try:
                    sigmulib.sigmul(a)
                except MemoryError as error:
                    assert "no memory" in str(error) and "\\n" not in str(error), error
                else:
                    raise AssertionError("it was not refused")
                try:
                    sigmulib.sigmul(a, out=torch.ones(1))
                except ValueError as error:
                    assert "shape" in str(error), error
                else:
                    raise AssertionError("it was not refused")
                try:
                    sigmulib.sigmul(a, out=a)
                except (ValueError, MemoryError) as error:
                    assert "\\n" not in str(error), error
                else:
                    raise AssertionError("it was not refused")
            """
        )

    def test_tensor_with_a_gradient(self):
        passes(
            """
            import torch, sigmulib
            a = torch.ones(1, requires_grad=True).expand(2**62)
            try:
                sigmulib.sigmul(a)
            except (MemoryError, RuntimeError):
                pass
            else:
                raise AssertionError("it was not refused")
            """
        )

    def test_array(self):
        a = np.broadcast_to(np.float32(1), 2**50)
        with pytest.raises(MemoryError):
            sigmulib.sigmul(a)
        with pytest.raises(ValueError, match="`out`"):
            sigmulib.sigmul(a, out=np.empty(1, np.float32))
        assert sigmulib.sigmul(np.broadcast_to(np.float32(1), (2**50, 0))).shape == (2**50, 0)

    @pytest.mark.parametrize("shape", [(0,), (0, 2**31), (2**62, 0), (0, 2**62), (2**31, 0, 2**31), (2**31, 2**31, 0)], ids=str)
    def test_none_of_many_is_none(self, shape):
        passes(
            f"""
            import torch, sigmulib
            try:
                a = torch.empty(0).as_strided({shape}, {[1] * len(shape)})
            except RuntimeError:
                raise SystemExit
            for _ in range(2):
                assert sigmulib.sigmul(a).shape == {shape}
                assert sigmulib.sigmul(a, out=a) is a
            """
        )

    @pytest.mark.parametrize("shape", [*BEYOND, (-1,), (-3, -5), (4, -1)], ids=str)
    def test_lent(self, shape):
        passes(
            f"""
            import itertools, sys
            sys.path.insert(0, {TESTS!r})
            from conftest import ByHand
            import numpy as np, sigmulib
            memory = np.ones(64, np.float32)

            class Namespace:
                from_dlpack = staticmethod(lambda y: y)

            class Lender(ByHand):
                def __array_namespace__(self):
                    return Namespace

            def lender(shape, strided, versioned=True):
                return Lender(memory.ctypes.data, shape, [1] * len(shape) if strided else None, versioned=versioned)

            for strided, versioned in itertools.product([True, False], repeat=2):
                a = lender({shape}, strided, versioned)
                for out in (None, (1,), {shape}, (4,)):
                    try:
                        sigmulib.sigmul(a, out=out and lender(out, strided))
                    except (MemoryError, ValueError) as error:
                        assert "\\n" not in str(error)
                    else:
                        raise AssertionError(f"it was not refused: {{out}}, {{strided}}, {{versioned}}")
                assert np.all(memory == 1)
                assert a.lent == a.returned
            """
        )

    @pytest.mark.parametrize("strides", [(2**62, 1), (-(2**62), 1), (2**61, 2**61), (2**63 - 1, -(2**63)), (2**40, 1)], ids=str)
    def test_strides(self, strides):
        passes(
            f"""
            import sys
            sys.path.insert(0, {TESTS!r})
            from conftest import ByHand
            import numpy as np, sigmulib
            memory = np.ones(64, np.float32)
            out = ByHand(memory.ctypes.data, (2, 3), (3, 1))
            # One that has no element is nowhere, and one of one element is where it is.
            empty = ByHand(memory.ctypes.data, (0, 3), {strides})
            assert sigmulib.sigmul(empty, out=empty) is empty
            single = ByHand(memory.ctypes.data, (1, 1), {strides})
            assert sigmulib.sigmul(single, out=single) is single
            assert memory[0] < 0.74 and np.all(memory[1:] == 1)
            a = ByHand(memory.ctypes.data, (2, 3), (3, 1))
            wild = ByHand(memory.ctypes.data, (2, 3), {strides})
            if abs({strides}[0]) > 2**60:
                # Beyond what an address can be.
                for given, out in ((a, wild), (wild, a), (wild, wild)):
                    try:
                        sigmulib.sigmul(given, out=out)
                    except (ValueError, MemoryError):
                        pass
                    else:
                        raise AssertionError("it was not refused")
                assert np.all(memory[1:] == 1)
            """
        )

    def test_byte_offset_and_no_memory(self):
        for data, offset in [(None, 0), (1, 0), (4096 + 2, 0), (4096, 3)]:
            with pytest.raises(ValueError, match="memory"):
                sigmulib.sigmul(ByHand(data, (3,), byte_offset=offset), out=ByHand(data, (3,), byte_offset=offset))

    @pytest.mark.parametrize("ndim", [-1, -(2**31)])
    def test_dimensions_of_no_number(self, ndim):
        passes(
            f"""
            import sys
            sys.path.insert(0, {TESTS!r})
            import conftest
            import numpy as np, sigmulib
            real = conftest._DLTensor

            def fewer(data, device, id, count, *rest):
                return real(data, device, id, {ndim}, *rest)

            conftest._DLTensor = fewer
            memory = np.ones(4, np.float32)
            a = conftest.ByHand(memory.ctypes.data, (4,))
            try:
                sigmulib.sigmul(a, out=a)
            except (ValueError, TypeError):
                pass
            else:
                raise AssertionError("it was not refused")
            """
        )


class Raises(ByHand):
    """A lender that raises, if it was given an error to."""

    def __init__(self, data, error=None):
        super().__init__(data, (3,))
        self.error = error

    def __dlpack__(self, **options):
        if self.error is not None:
            raise self.error
        return super().__dlpack__(**options)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_interrupt_in_a_lender_stays_one(error):
    memory = np.ones(3, np.float32)
    good, bad = Raises(memory.ctypes.data), Raises(memory.ctypes.data, error())
    for a, out in [(bad, good), (good, bad), (bad, None)]:
        with pytest.raises(error):
            sigmulib.sigmul(a, out=out)
    assert np.all(memory == 1) and good.lent == good.returned


def test_what_a_lender_says_is_told():
    with pytest.raises(ValueError, match=r"Raises, can't be used where it lies \(busy\)") as raised:
        sigmulib.sigmul(Raises(0, BufferError("busy\nand more")))
    assert "\n" not in str(raised.value)


class TestOutOfLegacyCapsules:
    """Nothing in them says whether the memory may be written."""

    memory = np.ones(6, np.float32)

    def lender(self, versioned, **options):
        return ByHand(self.memory.ctypes.data, (6,), versioned=versioned, **options)

    def test_is_refused(self):
        for a in (self.lender(True), self.lender(False)):
            out = self.lender(False)
            with pytest.raises(ValueError, match="`out`"):
                sigmulib.sigmul(a, out=out)
            assert np.all(self.memory == 1)
            assert a.lent == a.returned and out.lent == out.returned

    def test_in_place_is_refused(self):
        a = self.lender(False)
        with pytest.raises(ValueError, match="`out`"):
            sigmulib.sigmul(a, out=a)
        assert np.all(self.memory == 1)

    def test_read_only_is_refused(self):
        with pytest.raises(ValueError, match="read-only"):
            sigmulib.sigmul(self.lender(True), out=self.lender(True, read_only=True))
        assert np.all(self.memory == 1)
