"""Learning-rate schedules: functions of the step, an integer array, that give a 0-d float32 array.
They are made of array operations only, so that a compiled training step follows them."""

from __future__ import annotations

import math
from typing import Callable, List

import mlx.core as mx


def exponential_decay(init: float, decay_rate: float) -> Callable:
    """``init * decay_rate ** step``.

    Args:
        init: the value at step 0.
        decay_rate: the factor a step.
    """

    def schedule(step):
        return init * decay_rate**step

    return schedule


def step_decay(init: float, decay_rate: float, step_size: int) -> Callable:
    """``init * decay_rate ** (step // step_size)``.

    Args:
        init: the value at step 0.
        decay_rate: the factor every ``step_size`` steps.
        step_size: steps between two decays.
    """

    def schedule(step):
        return init * decay_rate ** (step // step_size)

    return schedule


def cosine_decay(init: float, decay_steps: int, end: float = 0.0) -> Callable:
    """Half a cosine from ``init`` to ``end`` over ``decay_steps`` steps, then ``end``
    (Loshchilov and Hutter, SGDR, 2017, without restarts).

    Args:
        init: the value at step 0.
        decay_steps: steps until ``end`` is reached.
        end: the value from there on.
    """

    def schedule(step):
        s = mx.minimum(step, decay_steps)
        decay = 0.5 * (1.0 + mx.cos((math.pi / decay_steps) * s))
        return end + decay * (init - end)

    return schedule


def linear_schedule(init: float, end: float, steps: int) -> Callable:
    """A straight line from ``init`` to ``end`` over ``steps`` steps, then ``end``.

    Args:
        init: the value at step 0.
        end: the value from ``steps`` on.
        steps: at least 1.

    Raises:
        ValueError: ``steps`` is less than 1.
    """
    if steps < 1:
        raise ValueError(f"[linear_schedule] steps must be at least 1, got {steps}")

    def schedule(step):
        step = mx.minimum(step, steps)
        return step * ((end - init) / steps) + init

    return schedule


def join_schedules(schedules: List[Callable], boundaries: List[int]) -> Callable:
    """Several schedules one after the other; each counts its steps from its own beginning.

    Args:
        schedules: n schedules.
        boundaries: n - 1 steps, ascending, at which the next one takes over.

    Raises:
        ValueError: there are no schedules, or the lengths do not fit.
    """
    if not schedules:
        raise ValueError("[join_schedules] at least one schedule is needed")
    if len(schedules) != len(boundaries) + 1:
        raise ValueError(
            f"[join_schedules] {len(boundaries)} boundaries for {len(schedules)} schedules, "
            f"expected {len(schedules) - 1}"
        )

    def schedule(step):
        value = schedules[0](step)
        for boundary, following in zip(boundaries, schedules[1:]):
            value = mx.where(step < boundary, value, following(step - boundary))
        return value

    return schedule
