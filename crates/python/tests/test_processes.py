"""Threads, forks, and memory."""

import os
import resource
import threading
import time

import numpy as np
import pytest
import torch

import sigmulib

LARGE = 200_000


def status_of(child):
    for _ in range(1000):
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status
        time.sleep(0.01)
    os.kill(child, 9)
    os.waitpid(child, 0)
    pytest.fail("the child hangs")


def test_many_threads_at_once():
    inputs = [torch.randn(LARGE) for _ in range(6)]
    expected = [sigmulib.sigmul(a, runtime="serial") for a in inputs]
    wrong = []

    def work(a, y):
        for runtime in 5 * [None, *sigmulib.runtimes()]:
            if not torch.equal(sigmulib.sigmul(a, runtime=runtime, threads=2), y):
                wrong.append(runtime)

    threads = [threading.Thread(target=work, args=pair) for pair in zip(inputs, expected)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_lock_is_released():
    a = np.zeros(50_000_000, np.float32)
    out = np.empty_like(a)
    sigmulib.sigmul(a, out=out)
    done, ticks = threading.Event(), []

    def tick():
        while not done.is_set():
            ticks.append(time.perf_counter())

    other = threading.Thread(target=tick)
    other.start()
    began = time.perf_counter()
    sigmulib.sigmul(a, out=out, runtime="serial")
    ended = time.perf_counter()
    done.set()
    other.join()
    # The middle, clear of the interpreter's own switching.
    quarter = (ended - began) / 4
    assert any(began + quarter < tick < ended - quarter for tick in ticks)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process")
@pytest.mark.parametrize("runtime", [None, "serial", "rayon", "crossbeam", "threads", "pool"])
def test_fork(runtime):
    a = np.random.default_rng(0).normal(size=LARGE).astype(np.float32)
    expected = sigmulib.sigmul(a, runtime=runtime, threads=2)
    child = os.fork()
    if child == 0:
        passed = all(np.array_equal(sigmulib.sigmul(a, runtime=runtime, threads=2), expected) for _ in range(20))
        # Parallel again: the child has threads of its own, where the runtime keeps any.
        threads = len(os.listdir("/proc/self/task")) if os.path.exists("/proc/self/task") else 2
        os._exit(0 if passed and (threads > 1 or runtime not in (None, "pool", "rayon")) else 1)
    assert status_of(child) == 0
    assert np.array_equal(sigmulib.sigmul(a, runtime=runtime, threads=2), expected)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process")
def test_fork_without_the_threads_of_pytorch():
    a = torch.randn(LARGE)
    expected = sigmulib.sigmul(a, runtime="openmp")
    child = os.fork()
    if child == 0:
        # They stayed behind, and whoever calls them hangs. A call that names no runtime takes the pool.
        os._exit(0 if "openmp" not in sigmulib.runtimes() and np.array_equal(sigmulib.sigmul(a), expected) else 1)
    assert status_of(child) == 0


def resident():
    if os.path.exists("/proc/self/statm"):
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.mark.parametrize(
    ("make", "size", "calls"),
    [
        (torch.randn, 4, 1_000_000),
        (torch.randn, 9_000_000, 500),
        (lambda n: np.ones(n, np.float32), 4, 200_000),
        (lambda n: np.ones(n, np.float32), 9_000_000, 500),
        (lambda n: torch.randn(2 * n)[::2], 1000, 100_000),
    ],
)
def test_no_leak(make, size, calls):
    a = make(size)
    for _ in range(10):
        sigmulib.sigmul(a)
    before = resident()
    for _ in range(calls):
        sigmulib.sigmul(a)
    assert resident() - before < 8 << 20


def test_errors_do_not_leak():
    a, out = np.ones(9_000_000, np.float32), np.ones(3, np.float32)
    before = resident()
    for _ in range(2000):
        with pytest.raises(ValueError):
            sigmulib.sigmul(a, out=out)
        with pytest.raises(TypeError):
            sigmulib.sigmul(a, threads="x")
    assert resident() - before < 8 << 20
