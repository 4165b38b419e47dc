"""Turns."""

from __future__ import annotations

import random
import time
import timeit
from typing import Any, Callable, Iterator, NamedTuple, Sequence

import torch

from .arms import BASELINE, Arm

TURN = 0.02
"""Seconds an arm is warmed up for in a turn, at least. It is then timed for about half as long, or for one call.

PyTorch's threads spin for 7 ms after an operator of its, and keep a core from whoever comes next. So long a warm-up leaves that out;
the arms after a matrix product are there to show it."""

LARGEST_ERROR = 1e-6
"""The largest error, of results up to 6 in size, with which a result counts as one: twice what float32 arithmetic makes."""

BLOCK = 2**20
"""Elements whose exact values are held at once."""


class Sample(NamedTuple):
    """A turn of an arm, and the turn of the baseline in the same round: calls, and seconds for all of them."""

    calls: int
    seconds: float
    baseline_calls: int
    baseline_seconds: float


class Error(NamedTuple):
    """The absolute error of a result."""

    mean: float
    largest: float


def error(a: torch.Tensor, y: Any, dy: torch.Tensor | None = None) -> Error:
    """The error of the result `y` against float64; of the gradient that `dy` makes, if that is given.

    Raises:
        ValueError: It is no such result.
    """
    y = torch.as_tensor(y).detach()
    if y.shape != a.shape or y.dtype != a.dtype:
        raise ValueError(f"the result is of shape {tuple(y.shape)} and {y.dtype}")
    total, largest = 0.0, 0.0
    of_results = a if dy is None else dy
    for values, results, factors in zip(*(t.flatten().split(BLOCK) for t in (a, y, of_results))):
        values = values.double()
        sigmoid = torch.sigmoid(values)
        exact = values * sigmoid if dy is None else factors * sigmoid * (1 + values * (1 - sigmoid))
        errors = (results - exact).abs()
        worst = errors.max().item()
        # Not the other way round: no error compares with a NaN.
        if not worst <= LARGEST_ERROR:
            raise ValueError(f"the result is wrong by {worst:.1e}, more than {LARGEST_ERROR:.0e}")
        total, largest = total + errors.sum().item(), max(largest, worst)
    return Error(total / a.numel(), largest)


def timer(arm: Arm, names: dict[str, Any]) -> Callable[[int], float]:
    """A function that makes so many calls of the arm, and gives their seconds."""
    if not arm.after_matmul:
        timed = timeit.Timer(arm.code, globals=names).timeit
        return torch.enable_grad()(timed) if arm.recorded else timed
    call, matmul = eval(f"lambda: {arm.code}", names), torch.mm
    w, clock = names["w"], time.perf_counter

    def after_matmul(calls: int) -> float:
        seconds = 0.0
        for _ in range(calls):
            matmul(w, w)
            began = clock()
            call()
            seconds += clock() - began
        return seconds

    return after_matmul


def turns(arms: Sequence[Arm], names: dict[str, Any], rounds: int) -> Iterator[dict[str, Sample]]:
    """A sample of each arm, round by round, the arms of a round in shuffled order."""
    timers = {arm.label: timer(arm, names) for arm in [BASELINE, *arms]}
    clock = time.perf_counter

    def turn(label: str) -> tuple[int, float]:
        calls, began = 0, clock()
        while calls == 0 or clock() - began < TURN:
            calls = 2 * calls or 1
            timers[label](calls)
        return calls, timers[label](calls)

    order = random.Random(len(arms))
    for _ in range(rounds):
        # None is the baseline's own turn; as an arm it has another.
        queue = [None, *[arm.label for arm in arms]]
        order.shuffle(queue)
        taken = {label: turn(label or BASELINE.label) for label in queue}
        yield {label: Sample(*taken[label], *taken[None]) for label in queue if label}
