"""Threads, how many and refused ones, forks, and memory."""

import os
import resource
import threading
import time

import numpy as np
import pytest
import torch
from conftest import SKIPS, passes, run

import sigmulib

LARGE = 200_000

on_linux = pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="nothing here tells a process's threads")
where_cores_are_many = pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core, which nothing can exceed")


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


REFUSED = """
import os, resource, sys, threading
import numpy as np
import sigmulib

def tasks():
    return len(os.listdir("/proc/self/task"))

def refuse_threads(but):
    if os.geteuid() == 0:
        os.setresuid(54321, 54321, 54321)
    resource.setrlimit(resource.RLIMIT_NPROC, (tasks() + but, resource.getrlimit(resource.RLIMIT_NPROC)[1]))
    done = threading.Event()
    for _ in range(but):
        threading.Thread(target=done.wait).start()
    try:
        threading.Thread(target=done.wait).start()
    except RuntimeError:
        pass
    else:
        done.set()
        print("this system refuses no thread")
        sys.exit(77)
    done.set()
    for thread in threading.enumerate()[1:]:
        thread.join()

def exact(x):
    e = np.exp(-np.abs(x.astype(np.float64)))
    return x * np.where(x < 0, e, 1.0) / (1 + e)

a = np.linspace(-9, 9, 300_001, dtype=np.float32)
b = a.copy()
"""


@on_linux
class TestRefusedThreads:
    @pytest.mark.parametrize("runtime", ["threads", "crossbeam"])
    @pytest.mark.parametrize("granted", [0, 1, 2])
    def test_those_there_are_compute(self, runtime, granted):
        done = run(
            f"""{REFUSED}
refuse_threads({granted})
for threads in (2, 4, 9):
    y = sigmulib.sigmul(a, runtime="{runtime}", threads=threads)
    assert np.allclose(y, exact(a), rtol=1e-6, atol=1e-9)
    b[:] = a
    assert sigmulib.sigmul(b, out=b, runtime="{runtime}", threads=threads) is b
    assert np.array_equal(b, y)
    assert np.array_equal(sigmulib.sigmul(a[::-1], runtime="{runtime}", threads=threads), y[::-1])
""",
            variables={"OPENBLAS_NUM_THREADS": "1"},
        )
        skip_or_silent(done)

    @pytest.mark.parametrize("runtime", ["pool", "rayon"])
    @pytest.mark.parametrize("granted", [0, 1])
    def test_a_runtime_that_keeps_threads_raises_and_writes_nothing(self, runtime, granted):
        done = run(
            f"""{REFUSED}
limits = resource.getrlimit(resource.RLIMIT_NPROC)
refuse_threads({granted})
for options in ({{}}, {{"out": b}}, {{"out": np.zeros_like(a)}}):
    try:
        sigmulib.sigmul(a if options.get("out") is not b else b, runtime="{runtime}", threads=4, **options)
    except OSError as error:
        assert "refused a thread" in str(error), error
    else:
        raise AssertionError("it raised nothing")
    assert np.array_equal(b, a)
    assert "out" not in options or options["out"] is b or not options["out"].any()
resource.setrlimit(resource.RLIMIT_NPROC, limits)
y = sigmulib.sigmul(a, runtime="{runtime}", threads=4)
assert np.allclose(y, exact(a), rtol=1e-6, atol=1e-9)
""",
            variables={"OPENBLAS_NUM_THREADS": "1"},
        )
        skip_or_silent(done)

    @pytest.mark.parametrize("granted", [0, 1])
    def test_a_plain_call_computes_alone(self, granted):
        done = run(
            f"""{REFUSED}
refuse_threads({granted})
for n in (20_000, 100_000, 300_001):
    for _ in range(20):
        assert np.allclose(sigmulib.sigmul(a[:n]), exact(a[:n]), rtol=1e-6, atol=1e-9)
sigmulib.sigmul(b, out=b)
assert np.allclose(b, exact(a), rtol=1e-6, atol=1e-9)
# What asked for threads is told, before and after.
try:
    sigmulib.sigmul(a, runtime="pool", threads=8)
except OSError:
    pass
else:
    raise AssertionError("it raised nothing")
assert np.array_equal(sigmulib.sigmul(a), b)
""",
            variables={"OPENBLAS_NUM_THREADS": "1"},
        )
        skip_or_silent(done)

    @pytest.mark.parametrize("pytorch_has_threads", [False, True])
    def test_a_plain_call_on_a_tensor_computes_alone(self, pytorch_has_threads):
        done = run(
            f"""{REFUSED}
import torch
t = torch.from_numpy(a)
torch.set_num_threads(4)
if {pytorch_has_threads}:
    torch.randn(10**6).relu()
sigmulib.sigmul(t[:10])
refuse_threads(0)
for n in (20_000, 100_000, 300_001):
    for _ in range(20):
        assert np.allclose(sigmulib.sigmul(t[:n]).numpy(), exact(a[:n]), rtol=1e-6, atol=1e-9)
""",
            variables={"OPENBLAS_NUM_THREADS": "1"},
        )
        skip_or_silent(done)


def skip_or_silent(done):
    if done.returncode == SKIPS:
        pytest.skip(done.stdout.strip())
    assert done.returncode == 0, f"exit status {done.returncode}\n{done.stdout}{done.stderr}"
    assert not [line for line in done.stderr.splitlines() if "Warning" not in line and not line.startswith("  ")]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
class TestForksOfWhatUsedPyTorch:
    """Children whose parent left threads of PyTorch behind, though it never gave a tensor to sigmulib, or not even had it."""

    @pytest.mark.parametrize("imported", ["before", "after", "in_the_child"])
    @pytest.mark.parametrize("of", ["numpy", "torch"])
    @pytest.mark.parametrize("size", [50_000, 2_000_000])
    def test_child_ends(self, imported, of, size):
        passes(
            f"""
            import os, sys, time
            import numpy as np
            if "{imported}" == "before":
                import sigmulib
            import torch
            torch.set_num_threads(4)
            torch.randn(10**7).relu()
            if "{imported}" == "after":
                import sigmulib
            child = os.fork()
            if child == 0:
                import sigmulib
                a = np.linspace(-9, 9, {size}, dtype=np.float32)
                given = torch.from_numpy(a) if "{of}" == "torch" else a
                serial = sigmulib.sigmul(given, runtime="serial")
                for pause in 6 * [0.0] + 6 * [0.001]:
                    time.sleep(pause)
                    assert np.array_equal(sigmulib.sigmul(given), serial)
                assert "openmp" not in sigmulib.runtimes()
                os._exit(0)
            _, status = os.waitpid(child, 0)
            sys.exit(os.waitstatus_to_exitcode(status))
            """,
            timeout=30,
        )

    def test_grandchild_ends(self):
        passes(
            """
            import os, sys
            import numpy as np, torch, sigmulib
            torch.randn(10**7).relu()
            a = np.ones(2_000_000, np.float32)
            child = os.fork()
            if child == 0:
                sigmulib.sigmul(a)
                grandchild = os.fork()
                if grandchild == 0:
                    sigmulib.sigmul(a)
                    os._exit(0)
                os._exit(os.waitstatus_to_exitcode(os.waitpid(grandchild, 0)[1]))
            sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
            """,
            timeout=30,
        )

    def test_child_made_while_others_compute(self):
        passes(
            """
            import os, sys, threading
            import numpy as np, torch, sigmulib
            a = np.ones(200_000, np.float32)
            expected = sigmulib.sigmul(a, runtime="serial")
            stop = threading.Event()

            def work(**options):
                while not stop.is_set():
                    sigmulib.sigmul(a, **options)

            others = [{}, {"runtime": "pool", "threads": 3}, {"runtime": "rayon", "threads": 2}, {"threads": 1}]
            threads = [threading.Thread(target=work, kwargs=options) for options in others]
            for thread in threads:
                thread.start()
            status = 0
            for _ in range(30):
                child = os.fork()
                if child == 0:
                    good = all(
                        np.array_equal(sigmulib.sigmul(a, **options), expected)
                        for options in [{}, {"runtime": "pool", "threads": 2}, {"runtime": "rayon", "threads": 3}]
                    )
                    os._exit(0 if good else 1)
                status |= os.waitpid(child, 0)[1]
            stop.set()
            for thread in threads:
                thread.join()
            sys.exit(1 if status else 0)
            """,
            timeout=100,
        )


TASKS = """
import os, sys, threading, time
import numpy as np
import sigmulib

def tasks():
    return len(os.listdir("/proc/self/task"))

def settle(most):
    for _ in range(100):
        if tasks() <= most:
            break
        time.sleep(0.01)
    return tasks()

cores = len(os.sched_getaffinity(0))
a = np.linspace(-9, 9, 400_000, dtype=np.float32)
serial = sigmulib.sigmul(a, runtime="serial")
before = tasks()
"""


@on_linux
class TestThreadsThatStay:
    @pytest.mark.parametrize("runtime", ["pool", "rayon", "crossbeam", "threads"])
    def test_counts_do_not_add_up(self, runtime):
        passes(
            f"""{TASKS}
for threads in [*range(1, 21), *range(20, 0, -1)]:
    assert np.array_equal(sigmulib.sigmul(a, runtime="{runtime}", threads=threads), serial)
assert settle(before + 20 + cores) <= before + 20 + cores, tasks() - before
"""
        )

    def test_counts_of_two_runtimes_do_not_add_up(self):
        passes(
            f"""{TASKS}
for runtime in ("pool", "rayon"):
    for threads in range(1, 11):
        assert np.array_equal(sigmulib.sigmul(a, runtime=runtime, threads=threads), serial)
assert settle(before + 2 * (10 + cores)) <= before + 2 * (10 + cores), tasks() - before
"""
        )

    @pytest.mark.parametrize("runtime", ["pool", "rayon"])
    def test_a_large_count_is_no_burden_for_ever(self, runtime):
        passes(
            f"""{TASKS}
assert np.array_equal(sigmulib.sigmul(a, runtime="{runtime}", threads=300), serial)
for _ in range(3):
    assert np.array_equal(sigmulib.sigmul(a, runtime="{runtime}", threads=2), serial)
assert settle(before + 2 + cores) <= before + 2 + cores, tasks() - before
"""
        )

    @pytest.mark.parametrize("runtime", [None, "pool", "rayon"])
    def test_different_counts_at_once(self, runtime):
        passes(
            f"""{TASKS}
wrong = []

def work(seed):
    for i in range(60):
        threads = 1 + (seed * 7 + i * 5) % 12
        n = len(a) - (seed * 31 + i) % 1000
        y = sigmulib.sigmul(a[:n], runtime={runtime!r}, threads=threads)
        if not np.array_equal(y, serial[:n]):
            wrong.append((seed, i))

threads = [threading.Thread(target=work, args=(seed,)) for seed in range(5)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert not wrong
assert settle(before + 12 + cores) <= before + 12 + cores, tasks() - before
"""
        )

    def test_a_lone_call_wakes_nobody(self):
        passes(
            f"""{TASKS}
assert np.array_equal(sigmulib.sigmul(a[:20_000]), serial[:20_000])
assert tasks() == before
time.sleep(0.01)
sigmulib.sigmul(a[:20_000])
assert tasks() == before
"""
        )


USED = """
# Of calls back to back, where it is most: the processors' time that the process takes by that of the calling thread.
import os, time
import numpy as np

def most_cores_used(make, sizes=(16_384, 32_768, 65_536, 131_071, 1_000_000), **options):
    import sigmulib
    used = []
    for size in sizes:
        a = make(size)
        for _ in range(20):
            sigmulib.sigmul(a, **options)
        process, thread, began = time.process_time(), time.thread_time(), time.perf_counter()
        while time.perf_counter() - began < 0.3:
            for _ in range(20):
                sigmulib.sigmul(a, **options)
        used.append((time.process_time() - process) / (time.thread_time() - thread))
    return max(used)

def arrays(size):
    return np.ones(size, np.float32)

def tensors(size):
    import torch
    return torch.ones(size)
"""

ONE = 1.15


@where_cores_are_many
class TestThreadsAsTold:
    """Nobody who named no number of threads gets more than the process was told to use."""

    def test_by_pytorch(self):
        printed = passes(
            f"""{USED}
import torch, sigmulib
torch.set_num_threads(1)
print(most_cores_used(tensors), most_cores_used(arrays), sigmulib.get_num_threads())
"""
        )
        tensors, arrays, threads = printed.split()
        assert float(tensors) < ONE and float(arrays) < ONE and threads == "1"

    def test_by_pytorch_after_calls_on_more(self):
        printed = passes(
            f"""{USED}
import torch, sigmulib
torch.set_num_threads(2)
for _ in range(100):
    sigmulib.sigmul(torch.ones(100_000))
torch.set_num_threads(1)
time.sleep(0.2)
print(most_cores_used(tensors))
"""
        )
        assert float(printed) < ONE

    def test_by_the_variable_without_pytorch(self):
        printed = passes(
            f"{USED}\nimport sigmulib\nprint(most_cores_used(arrays), sigmulib.get_num_threads())",
            variables={"OMP_NUM_THREADS": "1"},
        )
        used, threads = printed.split()
        assert float(used) < ONE and threads == "1"

    def test_by_the_variable_with_pytorch(self):
        printed = passes(f"{USED}\nimport torch\nprint(most_cores_used(tensors))", variables={"OMP_NUM_THREADS": "1"})
        assert float(printed) < ONE

    def test_in_a_worker_of_a_data_loader(self):
        printed = passes(
            f"""{USED}
import torch

class Measured(torch.utils.data.Dataset):
    def __len__(self):
        return 1

    def __getitem__(self, _):
        return most_cores_used(tensors)

print(float(next(iter(torch.utils.data.DataLoader(Measured(), num_workers=1)))))
"""
        )
        assert float(printed) < ONE

    @pytest.mark.parametrize("kind", ["arrays", "tensors"])
    def test_by_set_num_threads(self, kind):
        printed = passes(
            f"""{USED}
import sigmulib
sigmulib.set_num_threads(1)
print(most_cores_used({kind}), sigmulib.get_num_threads())
"""
        )
        used, threads = printed.split()
        assert float(used) < ONE and threads == "1"

    @pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity here")
    def test_by_affinity(self):
        passes(
            """
            import os
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
            import numpy as np, sigmulib
            before = len(os.listdir("/proc/self/task"))
            for _ in range(100):
                sigmulib.sigmul(np.ones(1_000_000, np.float32))
            assert len(os.listdir("/proc/self/task")) == before
            assert sigmulib.get_num_threads() == 1
            """
        )

    def test_the_smaller_number_counts(self):
        passes(
            """
            import torch, sigmulib
            for theirs, ours in [(1, 3), (3, 1), (2, 2), (5, 4)]:
                torch.set_num_threads(theirs)
                sigmulib.set_num_threads(ours)
                assert sigmulib.get_num_threads() == min(theirs, ours)
            assert torch.get_num_threads() == 5
            """
        )

    def test_get_num_threads_as_a_process_starts(self):
        passes(
            """
            import os, sigmulib
            assert 1 <= sigmulib.get_num_threads() <= os.cpu_count()
            """,
            variables={"OMP_NUM_THREADS": ""},
        )

    @pytest.mark.parametrize("variable", ["0", "-1", "x", "", "1,2", " 1 ", "99999999999999999999"])
    def test_a_variable_of_any_text(self, variable):
        passes(
            """
            import numpy as np, sigmulib
            assert 1 <= sigmulib.get_num_threads() <= 1024
            a = np.ones(200_000, np.float32)
            assert np.array_equal(sigmulib.sigmul(a), sigmulib.sigmul(a, runtime="serial"))
            """,
            variables={"OMP_NUM_THREADS": variable},
        )

    def test_a_call_that_names_a_number_gets_it(self):
        printed = passes(
            f"""{USED}
import torch, sigmulib
sigmulib.set_num_threads(1)
torch.set_num_threads(1)
print(*(most_cores_used(arrays, (1_000_000,), runtime=runtime, threads=2) for runtime in ("pool", "threads", "rayon")))
print(most_cores_used(arrays, (1_000_000,), threads=2))
"""
        )
        # Little where others want the cores, but not nothing.
        assert all(float(used) > 1.02 for used in printed.split()), printed

    @on_linux
    def test_a_call_that_names_only_a_runtime_keeps_to_it(self):
        passes(
            f"""{TASKS}
sigmulib.set_num_threads(1)
for runtime in ("pool", "rayon", "threads", "crossbeam"):
    for _ in range(20):
        sigmulib.sigmul(a, runtime=runtime)
# A pool of one may still have a thread that is not the caller's.
assert tasks() <= before + 2
"""
        )

    @pytest.mark.parametrize(
        ("number", "error"), [(0, ValueError), (-1, ValueError), (1025, ValueError), (10**30, ValueError), (2.0, TypeError)]
    )
    def test_what_is_no_number_of_threads(self, number, error):
        before = sigmulib.get_num_threads()
        with pytest.raises(error, match=str(number)):
            sigmulib.set_num_threads(number)
        with pytest.raises(TypeError, match="'2'"):
            sigmulib.set_num_threads("2")
        assert sigmulib.get_num_threads() == before


def test_without_pytorch():
    passes(
        """
        import sys
        sys.modules["torch"] = None
        import numpy as np, sigmulib
        a = np.linspace(-9, 9, 200_000, dtype=np.float32)
        y = sigmulib.sigmul(a)
        assert np.array_equal(sigmulib.sigmul(a, out=np.empty_like(a)), y)
        assert np.array_equal(sigmulib.sigmul(a.astype(np.float32)[::-1]), y[::-1])
        masked = np.ma.masked_array(a)
        assert np.array_equal(sigmulib.sigmul(masked).data, y)
        try:
            sigmulib.sigmul([1.0])
        except TypeError as error:
            assert "`a` is a list" in str(error)
        """
    )


def test_with_a_pytorch_that_is_none():
    passes(
        """
        import sys, types
        sys.modules["torch"] = types.ModuleType("torch")
        import numpy as np, sigmulib
        a = np.linspace(-9, 9, 200_000, dtype=np.float32)
        class Own(np.ndarray):
            pass
        for given in (a, a.view(Own)):
            assert np.array_equal(sigmulib.sigmul(given), sigmulib.sigmul(a, runtime="serial"))
        assert sigmulib.get_num_threads() >= 1
        """
    )


@pytest.mark.skipif(not os.path.exists("/proc/self/task") or len(os.sched_getaffinity(0)) < 2, reason="needs Linux, and two cores")
def test_a_pool_without_a_core_leaves_the_work_to_pytorch():
    printed = passes(
        """
        import os, time, torch, sigmulib
        a = torch.randn(20_000)
        torch.randn(1_000_000).relu()
        for _ in range(1000):
            sigmulib.sigmul(a)
        names = {int(t): open(f"/proc/self/task/{t}/comm").read().strip() for t in os.listdir("/proc/self/task")}
        (worker,) = [t for t, name in names.items() if name == "sigmul-1"]
        others = [t for t in names if t not in (worker, os.getpid())]

        def seconds():
            stat = [open(f"/proc/self/task/{t}/stat").read().rpartition(")")[2].split() for t in others]
            return sum(int(s[11]) for s in stat) / os.sysconf("SC_CLK_TCK")

        # The worker is awake, on the core of a caller that never sleeps.
        core = {min(os.sched_getaffinity(0))}
        os.sched_setaffinity(worker, core)
        os.sched_setaffinity(0, core)
        began, ends = seconds(), time.monotonic() + 1
        while time.monotonic() < ends:
            sigmulib.sigmul(a)
        print(seconds() - began)
        """
    )
    assert float(printed) > 0.1
