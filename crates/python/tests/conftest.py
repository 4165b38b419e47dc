"""What all tests hold results against, and what those share that run code in a process of its own or lend memory by hand."""

import ctypes
import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest


def pytest_addoption(parser):
    parser.addoption("--slow", action="store_true", help="run the tests that take minutes, too")


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes minutes; runs with --slow")


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--slow"):
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(pytest.mark.skip(reason="slow: give --slow"))


def exact(x):
    """SiLU of float32 values, in float64, by a form whose exponential can't overflow."""
    x = np.asarray(x, np.float64)
    e = np.exp(-np.abs(x))
    return x * np.where(x < 0, e, 1.0) / (1 + e)


def exact_derivative(x):
    """The derivative of SiLU, in float64."""
    x = np.asarray(x, np.float64)
    e = np.exp(-np.abs(x))
    sigmoid, other = np.where(x < 0, e, 1.0) / (1 + e), np.where(x < 0, 1.0, e) / (1 + e)
    return sigmoid * (1 + x * other)


def assert_close(y, x):
    """Each of `y` is within 1 ULP of SiLU of the same of `x` (and a little, for the float64 it is computed in)."""
    y, expected = np.asarray(y), exact(x)
    assert y.dtype == np.float32 and y.shape == expected.shape
    ulp = np.spacing(np.abs(expected).astype(np.float32)).astype(np.float64)
    assert np.all(np.abs(y - expected) <= 1.001 * ulp)


def run(code, *arguments, timeout=100, variables=None):
    """Runs `code` in a fresh interpreter, which must end in time: else it is killed, with the children it forked."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **(variables or {})},
        start_new_session=True,
    )
    try:
        stdout, stderr = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        pytest.fail(f"it has not ended within {timeout} s")
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


SKIPS = 77
"""What code given to `passes` exits with if this machine can't show what it is about."""


def passes(code, *arguments, **options):
    """Runs `code` in a fresh interpreter, where it must neither fail nor crash nor hang. Returns what it printed."""
    done = run(code, *arguments, **options)
    if done.returncode == SKIPS:
        pytest.skip(done.stdout.strip())
    assert done.returncode == 0, f"exit status {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


class _DLTensor(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p),
        ("device_type", ctypes.c_int32),
        ("device_id", ctypes.c_int32),
        ("ndim", ctypes.c_int32),
        ("code", ctypes.c_uint8),
        ("bits", ctypes.c_uint8),
        ("lanes", ctypes.c_uint16),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    ]


_Deleter = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


class _Legacy(ctypes.Structure):
    _fields_ = [("tensor", _DLTensor), ("manager", ctypes.c_void_p), ("deleter", _Deleter)]


class _Versioned(ctypes.Structure):
    _fields_ = [
        ("major", ctypes.c_uint32),
        ("minor", ctypes.c_uint32),
        ("manager", ctypes.c_void_p),
        ("deleter", _Deleter),
        ("flags", ctypes.c_uint64),
        ("tensor", _DLTensor),
    ]


_new_capsule = ctypes.pythonapi.PyCapsule_New
_new_capsule.restype = ctypes.py_object
_new_capsule.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]


class ByHand:
    """Lends float32 memory through DLPack and nothing else, whatever shape and strides it is told to claim."""

    dtype = "float32"

    def __init__(self, data, shape, strides=None, *, byte_offset=0, read_only=False, versioned=True):
        self.data, self.shape, self.strides = data, tuple(shape), strides
        self.byte_offset, self.read_only, self.versioned = byte_offset, read_only, versioned
        self.lent = self.returned = 0
        self.kept = []

    def __dlpack__(self, *, max_version=None, **_):
        of_each = ctypes.c_int64 * max(len(self.shape), 1)
        strides = None if self.strides is None else of_each(*self.strides)
        tensor = _DLTensor(self.data, 1, 0, len(self.shape), 2, 32, 1, of_each(*self.shape), strides, self.byte_offset)

        def take_back(_):
            self.returned += 1

        deleter = _Deleter(take_back)
        if self.versioned:
            managed = _Versioned(1, 0, None, deleter, int(self.read_only), tensor)
        else:
            managed = _Legacy(tensor, None, deleter)
        self.lent += 1
        self.kept.append(managed)
        return _new_capsule(ctypes.addressof(managed), b"dltensor_versioned" if self.versioned else b"dltensor", None)

    def __dlpack_device__(self):
        return 1, 0
