"""Optimizers. Each is a rule for one parameter, ``apply_single(gradient, parameter, state)``, that
the base class maps over trees.

Invariant: ``state`` is a tree of arrays: ``step``, what is scheduled (``learning_rate`` and the
like), and beside them the parameters' tree with a dictionary in place of each parameter. So it can
be evaluated, saved, and captured by mx.compile."""

from __future__ import annotations

from typing import Any, Callable, List, Optional, Tuple, Union

import mlx.core as mx
from mlx.nn import Module
from mlx.utils import tree_flatten, tree_map, tree_merge, tree_reduce, tree_unflatten

Rate = Union[float, Callable[[mx.array], mx.array]]


def _misfit(gradients, parameters, state, path: str = "") -> Optional[str]:
    """The first place where gradients do not fit the parameters or the state, in words."""
    named = f"the gradient for '{path}'" if path else "the gradient"
    if isinstance(gradients, mx.array):
        if not isinstance(parameters, mx.array):
            return f"{named} has no parameter there"
        if gradients.shape != parameters.shape:
            return f"{named} has shape {gradients.shape}, the parameter {parameters.shape}"
        return None if isinstance(state, dict) else f"the state is of other parameters: no '{path}'"
    if not isinstance(gradients, (dict, list, tuple)):
        return f"{named} is {type(gradients).__name__}, not an array"
    for key in gradients if isinstance(gradients, dict) else range(len(gradients)):
        name = f"{path}.{key}" if path else str(key)
        try:
            parameter = parameters[key]
        except (LookupError, TypeError):
            return f"there is a gradient for '{name}', but no such parameter"
        try:
            kept = state[key]
        except (LookupError, TypeError):
            kept = None
        why = _misfit(gradients[key], parameter, kept, name)
        if why is not None:
            return why
    return None


class Optimizer:
    """The base of all optimizers: trees, the step count and schedules.

    Args:
        schedulers: functions of the step, by the name of the entry of ``state`` that each gives.
    """

    def __init__(self, schedulers=None):
        self._initialized = False
        self._state = {"step": mx.array(0, mx.uint64)}
        self._schedulers = dict(schedulers or {})

    def update(self, model: Module, gradients: dict):
        """Replaces the parameters of ``model`` by updated ones. Nothing is computed until it is
        evaluated.

        Args:
            model: the module.
            gradients: a tree with the structure of (a part of) its parameters.
        """
        model.update(self.apply_gradients(gradients, model))

    def init(self, parameters: dict):
        """Makes the state of every parameter; ``update`` does it when it was not done before.

        Args:
            parameters: a tree of arrays.
        """

        self._state.update(self._states(parameters, self._state))
        self._initialized = True

    def _states(self, parameters, known):
        """The tree of states; those that are `known`, from a file, stay as they are."""
        if isinstance(parameters, (list, tuple)):
            known = known if isinstance(known, (list, tuple)) else []
            known = list(known) + [None] * (len(parameters) - len(known))
            return [self._states(p, k) for p, k in zip(parameters, known)]
        if isinstance(parameters, dict):
            known = known if isinstance(known, dict) else {}
            return {**known, **{k: self._states(p, known.get(k)) for k, p in parameters.items()}}
        if known:
            return known
        state: dict = {}
        self.init_single(parameters, state)
        return state

    def init_single(self, parameter: mx.array, state: dict):
        """Fills the state of one parameter.

        Args:
            parameter: the array.
            state: its dictionary, empty.
        """
        raise NotImplementedError()

    def apply_gradients(self, gradients: dict, parameters: dict):
        """The updated parameters.

        Args:
            gradients: a tree of arrays.
            parameters: a tree that has at least the leaves of ``gradients``.

        Returns:
            A tree with the structure of ``gradients``.
        """
        try:
            if not self._initialized:
                self.init(gradients)
            for name, schedule in self._schedulers.items():
                self._state[name] = schedule(self.step)
            self._state["step"] = self.step + 1
            return tree_map(self.apply_single, gradients, parameters, self._state)
        except (LookupError, ValueError, TypeError, AttributeError) as error:
            why = _misfit(gradients, parameters, self._state)
            if why is None:
                raise
            raise type(error)(f"[{type(self).__name__}] {why}") from error

    def apply_single(self, gradient: mx.array, parameter: mx.array, state: dict):
        """One updated parameter.

        Args:
            gradient: of the parameter's shape.
            parameter: the array.
            state: its dictionary, updated in place.
        """
        raise NotImplementedError()

    @property
    def state(self) -> dict:
        """The tree of arrays that the optimizer keeps; assign a saved one to go on with it."""
        return self._state

    @state.setter
    def state(self, state: dict):
        self._initialized = False
        self._state = state

    @property
    def step(self) -> mx.array:
        """How many updates there were: uint64, 0-d."""
        return self._state["step"]

    @property
    def learning_rate(self) -> mx.array:
        """The rate of the last update: float32, 0-d."""
        return self._state["learning_rate"]

    @learning_rate.setter
    def learning_rate(self, rate: Union[float, mx.array]):
        self._state["learning_rate"] = mx.array(rate)

    def _maybe_schedule(self, name: str, value: Union[Rate, Any]):
        """Keeps a number as an array of the state, a function as its schedule."""
        if isinstance(value, Callable):
            self._schedulers[name] = value
            self._state[name] = value(self.step)
        else:
            self._state[name] = mx.array(value)

    def _rate(self, gradient: mx.array) -> mx.array:
        return self.learning_rate.astype(gradient.dtype)


class MultiOptimizer(Optimizer):
    """Several optimizers, each for the parameters that its filter takes.

    Args:
        optimizers: n optimizers; the last takes what no filter took.
        filters: n - 1 functions ``(path, gradient) -> bool``; the first that says true decides.

    Raises:
        ValueError: the number of filters does not fit.
    """

    def __init__(self, optimizers, filters: list = []):
        super().__init__()
        self._state = {}
        if len(filters) != len(optimizers) - 1:
            raise ValueError(
                f"[MultiOptimizer] {len(filters)} filters for {len(optimizers)} optimizers, "
                f"expected {len(optimizers) - 1}"
            )
        self.optimizers = optimizers
        self.filters = filters + [lambda *_: True]

    def _split(self, gradients: dict) -> list:
        """The gradients of each optimizer, as a tree."""
        parts = [[] for _ in self.optimizers]
        for path, gradient in tree_flatten(gradients):
            for part, accepts in zip(parts, self.filters):
                if accepts(path, gradient):
                    part.append((path, gradient))
                    break
        return [tree_unflatten(part) if part else {} for part in parts]

    def init(self, parameters: dict):
        """Makes the states of all optimizers."""
        for optimizer, part in zip(self.optimizers, self._split(parameters)):
            optimizer.init(part)

    def apply_gradients(self, gradients: dict, parameters: dict):
        """The updated parameters, each by its optimizer."""
        tree: dict = {}
        for optimizer, part in zip(self.optimizers, self._split(gradients)):
            tree = tree_merge(tree, optimizer.apply_gradients(part, parameters))
        return tree

    @property
    def state(self) -> dict:
        """``{"states": [...]}``, one an optimizer."""
        return {"states": [optimizer.state for optimizer in self.optimizers]}

    @state.setter
    def state(self, state: dict):
        states = state.get("states") if isinstance(state, dict) else None
        if states is None or len(states) != len(self.optimizers):
            raise ValueError("[MultiOptimizer] the state does not have one entry an optimizer")
        for optimizer, one in zip(self.optimizers, states):
            optimizer.state = one

    @property
    def learning_rate(self) -> mx.array:
        """The first optimizer's rate; assigning sets all of them."""
        return self.optimizers[0].learning_rate

    @learning_rate.setter
    def learning_rate(self, rate: Union[float, mx.array]):
        for optimizer in self.optimizers:
            optimizer.learning_rate = rate


class SGD(Optimizer):
    """Stochastic gradient descent with momentum (Sutskever et al., 2013)::

        v = momentum * v + (1 - dampening) * (g + weight_decay * w)
        w = w - learning_rate * v

    Args:
        learning_rate: a number or a schedule.
        momentum: 0 for none.
        weight_decay: an L2 penalty.
        dampening: of the momentum.
        nesterov: looks a step ahead; needs a momentum and no dampening.

    Raises:
        ValueError: nesterov without momentum, or with dampening.
    """

    def __init__(
        self,
        learning_rate: Rate,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        dampening: float = 0.0,
        nesterov: bool = False,
    ):
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("[SGD] nesterov needs a momentum and no dampening")
        super().__init__()
        self._maybe_schedule("learning_rate", learning_rate)
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.dampening = dampening
        self.nesterov = nesterov

    def init_single(self, parameter: mx.array, state: dict):
        """``v``, the velocity."""
        state["v"] = mx.zeros_like(parameter)

    def apply_single(self, gradient: mx.array, parameter: mx.array, state: dict):
        """One updated parameter."""
        if self.weight_decay != 0:
            gradient = gradient + self.weight_decay * parameter
        rate = self._rate(gradient)
        if self.momentum <= 0:
            return parameter - rate * gradient
        v = self.momentum * state["v"]
        v = v + ((1 - self.dampening) * gradient if self.dampening > 0 else gradient)
        state["v"] = v
        return parameter - rate * (gradient + self.momentum * v if self.nesterov else v)


class RMSprop(Optimizer):
    """RMSprop (Tieleman and Hinton, lecture 6.5, 2012)::

        v = alpha * v + (1 - alpha) * g^2
        w = w - learning_rate * g / (sqrt(v) + eps)

    Args:
        learning_rate: a number or a schedule.
        alpha: of the running average of squares, at least 0.
        eps: at least 0.

    Raises:
        ValueError: alpha or eps is negative.
    """

    def __init__(self, learning_rate: Rate, alpha: float = 0.99, eps: float = 1e-8):
        super().__init__()
        self._maybe_schedule("learning_rate", learning_rate)
        self.alpha = _at_least_0("RMSprop", "alpha", alpha)
        self.eps = _at_least_0("RMSprop", "epsilon", eps)

    def init_single(self, parameter: mx.array, state: dict):
        """``v``, the average of squares."""
        state["v"] = mx.zeros_like(parameter)

    def apply_single(self, gradient: mx.array, parameter: mx.array, state: dict):
        """One updated parameter."""
        v = self.alpha * state["v"] + (1 - self.alpha) * mx.square(gradient)
        state["v"] = v
        return parameter - self._rate(gradient) * gradient / (mx.sqrt(v) + self.eps)


class Adagrad(Optimizer):
    """Adagrad (Duchi, Hazan and Singer, 2011)::

        v = v + g^2
        w = w - learning_rate * g / (sqrt(v) + eps)

    Args:
        learning_rate: a number or a schedule.
        eps: at least 0.

    Raises:
        ValueError: eps is negative.
    """

    def __init__(self, learning_rate: Rate, eps: float = 1e-8):
        super().__init__()
        self._maybe_schedule("learning_rate", learning_rate)
        self.eps = _at_least_0("Adagrad", "epsilon", eps)

    def init_single(self, parameter: mx.array, state: dict):
        """``v``, the sum of squares."""
        state["v"] = mx.zeros_like(parameter)

    def apply_single(self, gradient: mx.array, parameter: mx.array, state: dict):
        """One updated parameter."""
        v = state["v"] + mx.square(gradient)
        state["v"] = v
        return parameter - self._rate(gradient) * gradient / (mx.sqrt(v) + self.eps)


class AdaDelta(Optimizer):
    """AdaDelta (Zeiler, 2012)::

        v = rho * v + (1 - rho) * g^2
        d = sqrt(u + eps) / sqrt(v + eps) * g
        u = rho * u + (1 - rho) * d^2
        w = w - learning_rate * d

    Args:
        learning_rate: a number or a schedule.
        rho: of the running averages, at least 0.
        eps: at least 0.

    Raises:
        ValueError: rho or eps is negative.
    """

    def __init__(self, learning_rate: Rate, rho: float = 0.9, eps: float = 1e-6):
        super().__init__()
        self._maybe_schedule("learning_rate", learning_rate)
        self.rho = _at_least_0("AdaDelta", "rho", rho)
        self.eps = _at_least_0("AdaDelta", "epsilon", eps)

    def init_single(self, parameter: mx.array, state: dict):
        """``v`` and ``u``, the averages of squared gradients and squared updates."""
        state["v"] = mx.zeros_like(parameter)
        state["u"] = mx.zeros_like(parameter)

    def apply_single(self, gradient: mx.array, parameter: mx.array, state: dict):
        """One updated parameter."""
        v = self.rho * state["v"] + (1 - self.rho) * mx.square(gradient)
        d = mx.sqrt(state["u"] + self.eps) / mx.sqrt(v + self.eps) * gradient
        state["u"] = self.rho * state["u"] + (1 - self.rho) * mx.square(d)
        state["v"] = v
        return parameter - self._rate(gradient) * d


class Adam(Optimizer):
    """Adam (Kingma and Ba, 2015), without bias correction unless asked for::

        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g^2
        w = w - learning_rate * m / (sqrt(v) + eps)

    Args:
        learning_rate: a number or a schedule.
        betas: b1 and b2.
        eps: added to the denominator.
        bias_correction: divides m by 1 - b1^step and v by 1 - b2^step.
    """

    def __init__(
        self,
        learning_rate: Rate,
        betas: List[float] = [0.9, 0.999],
        eps: float = 1e-8,
        bias_correction: bool = False,
    ):
        super().__init__()
        self._maybe_schedule("learning_rate", learning_rate)
        self.betas = betas
        self.eps = eps
        self.bias_correction = bias_correction

    def init_single(self, parameter: mx.array, state: dict):
        """``m`` and ``v``, the averages of gradients and their squares."""
        state["m"] = mx.zeros_like(parameter)
        state["v"] = mx.zeros_like(parameter)

    def apply_single(self, gradient: mx.array, parameter: mx.array, state: dict):
        """One updated parameter."""
        rate = self._rate(gradient)
        b1, b2 = self.betas
        m = b1 * state["m"] + (1 - b1) * gradient
        v = b2 * state["v"] + (1 - b2) * mx.square(gradient)
        state["m"], state["v"] = m, v
        if not self.bias_correction:
            return parameter - rate * m / (mx.sqrt(v) + self.eps)
        step = self.step
        c1 = (rate / (1 - b1**step)).astype(gradient.dtype)
        c2 = mx.rsqrt(1 - b2**step).astype(gradient.dtype)
        return parameter - (c1 * m) / (mx.sqrt(v) * c2 + self.eps)


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019): ``w`` becomes
    ``w * (1 - learning_rate * weight_decay)`` before the update.

    Args:
        learning_rate: a number or a schedule.
        betas: as in Adam.
        eps: as in Adam.
        weight_decay: the decay.
        bias_correction: as in Adam.
    """

    def __init__(
        self,
        learning_rate: Rate,
        betas: List[float] = [0.9, 0.999],
        eps: float = 1e-8,
        weight_decay: float = 0.01,
        bias_correction: bool = False,
    ):
        super().__init__(learning_rate, betas, eps, bias_correction)
        self.weight_decay = weight_decay

    def apply_single(self, gradient: mx.array, parameter: mx.array, state: dict):
        """One updated parameter."""
        rate = self._rate(gradient)
        return super().apply_single(gradient, parameter * (1 - rate * self.weight_decay), state)


class Adamax(Adam):
    """Adamax (Kingma and Ba, 2015)::

        m = b1 * m + (1 - b1) * g
        v = max(b2 * v, |g|)
        w = w - learning_rate * m / (v + eps)

    Args:
        learning_rate: a number or a schedule.
        betas: b1 and b2.
        eps: at least 0.

    Raises:
        ValueError: eps is negative.
    """

    def __init__(self, learning_rate: Rate, betas: List[float] = [0.9, 0.999], eps: float = 1e-8):
        super().__init__(learning_rate, betas, _at_least_0("Adamax", "epsilon", eps))

    def init_single(self, parameter: mx.array, state: dict):
        """``m``, the average, and ``v``, the running maximum."""
        state["m"] = mx.zeros_like(parameter)
        state["v"] = mx.zeros_like(parameter)

    def apply_single(self, gradient: mx.array, parameter: mx.array, state: dict):
        """One updated parameter."""
        b1, b2 = self.betas
        m = b1 * state["m"] + (1 - b1) * gradient
        v = mx.maximum(b2 * state["v"], mx.abs(gradient))
        state["m"], state["v"] = m, v
        return parameter - self._rate(gradient) * m / (v + self.eps)


class Lion(Optimizer):
    """Lion (Chen et al., 2023): the sign of an average. Its rates are 3 to 10 times smaller than
    Adam's, its weight decay as much larger::

        c = b1 * m + (1 - b1) * g
        m = b2 * m + (1 - b2) * g
        w = w - learning_rate * (sign(c) + weight_decay * w)

    Args:
        learning_rate: a number or a schedule.
        betas: b1 and b2.
        weight_decay: decoupled.
    """

    def __init__(
        self, learning_rate: Rate, betas: List[float] = [0.9, 0.99], weight_decay: float = 0.0
    ):
        super().__init__()
        self._maybe_schedule("learning_rate", learning_rate)
        self.betas = betas
        self.weight_decay = weight_decay

    def init_single(self, parameter: mx.array, state: dict):
        """``m``, the average."""
        state["m"] = mx.zeros_like(parameter)

    def apply_single(self, gradient: mx.array, parameter: mx.array, state: dict):
        """One updated parameter."""
        rate = self._rate(gradient)
        b1, b2 = self.betas
        m = state["m"]
        c = b1 * m + (1 - b1) * gradient
        state["m"] = b2 * m + (1 - b2) * gradient
        if self.weight_decay > 0:
            parameter = (1 - rate * self.weight_decay) * parameter
        return parameter - rate * mx.sign(c)


class Adafactor(Optimizer):
    """Adafactor (Shazeer and Stern, 2018): the average of squares of a matrix is kept as a row and
    a column.

    Args:
        learning_rate: a number or a schedule; needed where ``relative_step`` is false.
        eps: the least square, and the least scale of a parameter.
        clip_threshold: of the root mean square of an update.
        decay_rate: of the average of squares: ``1 - step ** decay_rate``.
        beta_1: of an average of the updates; None keeps none.
        weight_decay: decoupled.
        scale_parameter: the rate is times the root mean square of the parameter.
        relative_step: the rate follows ``1 / sqrt(step)``.
        warmup_init: that rate begins near zero.
    """

    def __init__(
        self,
        learning_rate: Union[Rate, None] = None,
        eps: Tuple[float, float] = (1e-30, 1e-3),
        clip_threshold: float = 1.0,
        decay_rate: float = -0.8,
        beta_1: Optional[float] = None,
        weight_decay: float = 0.0,
        scale_parameter: bool = True,
        relative_step: bool = True,
        warmup_init: bool = False,
    ):
        super().__init__()
        if learning_rate is not None:
            self._maybe_schedule("learning_rate", learning_rate)
        self.eps = eps
        self.clip_threshold = clip_threshold
        self.decay_rate = decay_rate
        self.beta_1 = beta_1
        self.weight_decay = weight_decay
        self.scale_parameter = scale_parameter
        self.relative_step = relative_step
        self.warmup_init = warmup_init

    def init_single(self, parameter: mx.array, state: dict):
        """Averages of squares: of rows and columns, or of all; and the first moment where there is
        one."""
        if parameter.ndim >= 2:
            shape, dtype = parameter.shape, parameter.dtype
            state["exp_avg_sq_row"] = mx.zeros(shape[:-1], dtype=dtype)
            state["exp_avg_sq_col"] = mx.zeros(shape[:-2] + shape[-1:], dtype=dtype)
        else:
            state["exp_avg_sq"] = mx.zeros_like(parameter)
        if self.beta_1 is not None:
            state["exp_avg"] = mx.zeros_like(parameter)

    def _learning_rate(self, scale: mx.array) -> mx.array:
        if self.relative_step:
            least = 1e-6 * self.step if self.warmup_init else 1e-2
            rate = mx.minimum(least, mx.rsqrt(self.step))
        else:
            rate = self.learning_rate
        rate = rate.astype(scale.dtype)
        return mx.maximum(self.eps[1], scale) * rate if self.scale_parameter else rate

    def apply_single(self, gradient: mx.array, parameter: mx.array, state: dict):
        """One updated parameter."""
        rate = self._learning_rate(_root_mean_square(parameter))
        beta_2 = (1.0 - self.step**self.decay_rate).astype(parameter.dtype)
        update = mx.square(gradient) + self.eps[0]
        if gradient.ndim >= 2:
            row = beta_2 * state["exp_avg_sq_row"] + (1 - beta_2) * mx.mean(update, axis=-1)
            column = beta_2 * state["exp_avg_sq_col"] + (1 - beta_2) * mx.mean(update, axis=-2)
            state["exp_avg_sq_row"], state["exp_avg_sq_col"] = row, column
            r = mx.rsqrt(row / mx.mean(row, axis=-1, keepdims=True))
            update = mx.expand_dims(r, -1) * mx.expand_dims(mx.rsqrt(column), -2) * gradient
        else:
            square = beta_2 * state["exp_avg_sq"] + (1 - beta_2) * update
            state["exp_avg_sq"] = square
            update = mx.rsqrt(square) * gradient
        update = update / mx.maximum(1.0, _root_mean_square(update) / self.clip_threshold)
        update = rate * update
        if self.beta_1 is not None:
            update = self.beta_1 * state["exp_avg"] + (1 - self.beta_1) * update
            state["exp_avg"] = update
        if self.weight_decay != 0:
            parameter = parameter + parameter * (-self.weight_decay * rate)
        return parameter - update


class Muon(Optimizer):
    """Muon (Jordan et al., 2024): momentum, made orthogonal by Newton-Schulz steps. For matrices
    of hidden layers and convolutions; vectors take the momentum as it is.

    Args:
        learning_rate: a number or a schedule.
        momentum: of the average of gradients.
        weight_decay: decoupled.
        nesterov: looks a step ahead.
        ns_steps: Newton-Schulz steps.
    """

    def __init__(
        self,
        learning_rate: Rate,
        momentum: float = 0.95,
        weight_decay: float = 0.01,
        nesterov: bool = True,
        ns_steps: int = 5,
    ):
        super().__init__()
        self._maybe_schedule("learning_rate", learning_rate)
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.nesterov = nesterov
        self.ns_steps = ns_steps

    def init_single(self, parameter: mx.array, state: dict):
        """``v``, the momentum."""
        state["v"] = mx.zeros_like(parameter)

    def _orthogonal(self, x: mx.array) -> mx.array:
        """Near the orthogonal factor of a matrix: a quintic iteration that takes singular values
        to about 1."""
        a, b, c = 3.4445, -4.7750, 2.0315
        tall = x.shape[-2] > x.shape[-1]
        if tall:
            x = x.T
        x = x / (mx.linalg.norm(x, keepdims=True) + 1e-7)
        for _ in range(self.ns_steps):
            gram = x @ x.T
            step = mx.addmm(b * gram, gram, gram, beta=1.0, alpha=c)
            x = mx.addmm(a * x, step, x, beta=1.0, alpha=1.0)
        return x.T if tall else x

    def apply_single(self, gradient: mx.array, parameter: mx.array, state: dict):
        """One updated parameter. Filters are matrices for the steps; their scale follows the last
        two axes."""
        if self.weight_decay != 0:
            gradient = gradient + self.weight_decay * parameter
        v = self.momentum * state["v"] + (1 - self.momentum) * gradient
        state["v"] = v
        update = gradient * (1 - self.momentum) + v * self.momentum if self.nesterov else v
        rate = self._rate(gradient)
        if update.ndim >= 2:
            shape = update.shape
            if update.ndim > 2:
                update = mx.reshape(update, (shape[0], -1))
            update = self._orthogonal(update)
            update = mx.reshape(update, shape)
            rate = rate * max(1, shape[-2] / shape[-1]) ** 0.5
        return parameter - rate * update


def _root_mean_square(x: mx.array) -> mx.array:
    return mx.sqrt(mx.mean(mx.square(x)))


def _at_least_0(who: str, what: str, value: float) -> float:
    if value < 0:
        raise ValueError(f"[{who}] {what} must not be negative, got {value}")
    return value


def clip_grad_norm(grads, max_norm):
    """Scales gradients down where their common L2 norm is above ``max_norm``.

    Args:
        grads: a tree of arrays.
        max_norm: the largest norm.

    Returns:
        The tree, each array of the dtype that it had, and the norm that it had: 0-d, float32 where
        a square of a gradient may not fit in its dtype.
    """

    def square(g):
        return (g.astype(mx.float32) if g.dtype == mx.float16 else g).square().sum()

    def scaled(g):
        return (g * scale).astype(g.dtype) if mx.issubdtype(g.dtype, mx.inexact) else g * scale

    norm = mx.sqrt(tree_reduce(lambda total, g: total + square(g), grads, 0.0))
    scale = mx.minimum(max_norm / (norm + 1e-6), 1.0)
    return tree_map(scaled, grads), norm
