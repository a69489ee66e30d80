"""Losses. Inputs and targets have the same shape unless a loss says otherwise; `reduction` says
what becomes of the single losses: ``"none"`` keeps them, ``"mean"`` and ``"sum"`` give a scalar."""

import math
from typing import Literal, Optional, get_args

import mlx.core as mx

Reduction = Literal["none", "mean", "sum"]


def _reduce(loss: mx.array, reduction: Reduction = "none"):
    if reduction not in get_args(Reduction):
        raise ValueError(f"Invalid reduction. Must be one of {get_args(Reduction)}.")
    if reduction == "mean":
        return mx.mean(loss)
    if reduction == "sum":
        return mx.sum(loss)
    return loss


def _check_shapes(a: mx.array, b: mx.array, name_a: str, name_b: str):
    if a.shape != b.shape:
        raise ValueError(f"{name_a} shape {a.shape} does not match {name_b} shape {b.shape}.")


def _weighted(loss: mx.array, weights: Optional[mx.array]) -> mx.array:
    if weights is None:
        return loss
    if weights.shape != loss.shape:
        raise ValueError(
            f"Weights with shape {weights.shape} is not the same as output loss with shape "
            f"{loss.shape}."
        )
    return loss * weights


def cross_entropy(
    logits: mx.array,
    targets: mx.array,
    weights: Optional[mx.array] = None,
    axis: int = -1,
    label_smoothing: float = 0.0,
    reduction: Reduction = "none",
) -> mx.array:
    """Cross entropy of a softmax and the targets.

    Args:
        logits: unnormalized logarithms of the probabilities, with the classes along `axis`.
        targets: class indices, of the shape of `logits` without `axis`; or probabilities of the
            classes, of the same shape as `logits`.
        weights: factors of the single losses, which have the shape of `logits` without `axis`.
        axis: the classes' axis.
        label_smoothing: share of the uniform distribution in the targets, in [0, 1).
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.

    Example::

        >>> logits = mx.array([[2.0, -1.0], [-1.0, 2.0]])
        >>> nn.losses.cross_entropy(logits, mx.array([0, 1]))
        array([0.0485874, 0.0485874], dtype=float32)
    """
    if label_smoothing < 0 or label_smoothing >= 1:
        raise ValueError(f"Label smoothing must be in [0, 1), got {label_smoothing}.")

    are_probabilities = targets.ndim == logits.ndim
    expected = list(logits.shape)
    if not are_probabilities:
        expected.pop(axis)
    if list(targets.shape) != expected:
        raise ValueError(
            f"Targets shape {targets.shape} does not match logits shape {logits.shape}."
        )

    # Large logits keep their digits.
    logits = logits - mx.max(logits, axis=axis, keepdims=True)
    if are_probabilities:
        score = mx.sum(logits * targets, axis=axis)
    else:
        score = mx.take_along_axis(logits, mx.expand_dims(targets, axis), axis).squeeze(axis)
    logsumexp = mx.logsumexp(logits, axis=axis)
    if label_smoothing > 0:
        loss = logsumexp - (1 - label_smoothing) * score
        loss = loss - label_smoothing * mx.mean(logits, axis=axis)
    else:
        loss = logsumexp - score
    return _reduce(_weighted(loss, weights), reduction)


def binary_cross_entropy(
    inputs: mx.array,
    targets: mx.array,
    weights: Optional[mx.array] = None,
    with_logits: bool = True,
    reduction: Reduction = "mean",
) -> mx.array:
    """Cross entropy of two classes.

    Args:
        inputs: logits, or probabilities if `with_logits` is False.
        targets: probabilities of the class that the inputs stand for.
        weights: factors of the single losses, of the same shape.
        with_logits: whether the inputs are logits. The logarithm of a probability is at least
            -100.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.

    Example::

        >>> logits, targets = mx.array([0.1, -0.5]), mx.array([0.0, 1.0])
        >>> nn.losses.binary_cross_entropy(logits, targets, reduction="sum")
        array(1.71847, dtype=float32)
    """
    _check_shapes(inputs, targets, "Inputs", "targets")
    if with_logits:
        loss = mx.logaddexp(0.0, inputs) - inputs * targets
    else:
        log_p = mx.clip(mx.log(inputs), a_min=-100, a_max=None)
        log_not_p = mx.clip(mx.log(1 - inputs), a_min=-100, a_max=None)
        loss = -(targets * log_p + (1 - targets) * log_not_p)
    return _reduce(_weighted(loss, weights), reduction)


def l1_loss(
    predictions: mx.array, targets: mx.array, reduction: Reduction = "mean"
) -> mx.array:
    r"""Absolute error, :math:`|p - t|`.

    Args:
        predictions: the predicted values.
        targets: the values to predict.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.
    """
    _check_shapes(predictions, targets, "Predictions", "targets")
    return _reduce(mx.abs(predictions - targets), reduction)


def mse_loss(
    predictions: mx.array, targets: mx.array, reduction: Reduction = "mean"
) -> mx.array:
    r"""Squared error, :math:`(p - t)^2`.

    Args:
        predictions: the predicted values.
        targets: the values to predict.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.
    """
    _check_shapes(predictions, targets, "Predictions", "targets")
    return _reduce(mx.square(predictions - targets), reduction)


def nll_loss(
    inputs: mx.array, targets: mx.array, axis: int = -1, reduction: Reduction = "none"
) -> mx.array:
    """Negative log likelihood: minus the input at the target.

    Args:
        inputs: logarithms of the probabilities, with the classes along `axis`.
        targets: class indices, of the shape of `inputs` without `axis`.
        axis: the classes' axis.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.
    """
    loss = -mx.take_along_axis(inputs, mx.expand_dims(targets, axis), axis).squeeze(axis)
    return _reduce(loss, reduction)


def gaussian_nll_loss(
    inputs: mx.array,
    targets: mx.array,
    vars: mx.array,
    full: bool = False,
    eps: float = 1e-6,
    reduction: Reduction = "mean",
) -> mx.array:
    r"""Negative log likelihood of a normal distribution,

    .. math:: \frac{1}{2} \left( \log\max(v, \epsilon) + \frac{(t - m)^2}{\max(v, \epsilon)} \right)

    Args:
        inputs: the predicted means.
        targets: the values to predict.
        vars: the predicted variances.
        full: add the constant :math:`\frac{1}{2} \log 2 \pi`.
        eps: the smallest variance.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.
    """
    _check_shapes(inputs, targets, "Inputs", "targets")
    _check_shapes(inputs, vars, "Inputs", "vars")
    vars = mx.maximum(vars, eps)
    loss = 0.5 * (mx.log(vars) + mx.square(targets - inputs) / vars)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return _reduce(loss, reduction)


def kl_div_loss(
    inputs: mx.array, targets: mx.array, axis: int = -1, reduction: Reduction = "none"
) -> mx.array:
    r"""Kullback-Leibler divergence, :math:`\sum_i e^{t_i} (t_i - x_i)` along `axis`.

    Args:
        inputs: logarithms of the predicted probabilities.
        targets: logarithms of the probabilities to predict.
        axis: the classes' axis.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.
    """
    loss = mx.sum(mx.exp(targets) * (targets - inputs), axis)
    return _reduce(loss, reduction)


def smooth_l1_loss(
    predictions: mx.array,
    targets: mx.array,
    beta: float = 1.0,
    reduction: Reduction = "mean",
) -> mx.array:
    r"""Absolute error, made smooth around zero (Girshick 2015, Fast R-CNN): with
    :math:`d = |p - t|`, :math:`d^2 / 2 \beta` where :math:`d < \beta`, else :math:`d - \beta / 2`.

    Args:
        predictions: the predicted values.
        targets: the values to predict.
        beta: where the square ends.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.
    """
    _check_shapes(predictions, targets, "Predictions", "targets")
    difference = mx.abs(predictions - targets)
    loss = mx.where(
        difference < beta, 0.5 * mx.square(difference) / beta, difference - 0.5 * beta
    )
    return _reduce(loss, reduction)


def triplet_loss(
    anchors: mx.array,
    positives: mx.array,
    negatives: mx.array,
    axis: int = -1,
    p: int = 2,
    margin: float = 1.0,
    eps: float = 1e-6,
    reduction: Reduction = "none",
) -> mx.array:
    r"""Triplet loss (Balntas et al. 2016, Learning local feature descriptors with triplets):
    :math:`\max(d(a, p) - d(a, n) + \text{margin}, 0)`, with the distance of the p-norm.

    Args:
        anchors: vectors along `axis`.
        positives: vectors that are to be nearer to the anchors.
        negatives: vectors that are to be farther from the anchors.
        axis: the vectors' axis.
        p: degree of the norm.
        margin: the difference of the distances that is asked for.
        eps: added to the sum of the norm, against a zero root.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.
    """

    def distance(a, b):
        return mx.power(mx.sum(mx.power(mx.abs(a - b), p), axis) + eps, 1 / p)

    loss = distance(anchors, positives) - distance(anchors, negatives) + margin
    return _reduce(mx.maximum(loss, 0), reduction)


def hinge_loss(
    inputs: mx.array, targets: mx.array, reduction: Reduction = "none"
) -> mx.array:
    r"""Hinge loss, :math:`\max(1 - x t, 0)`.

    Args:
        inputs: the predicted values.
        targets: -1 or 1.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.
    """
    return _reduce(mx.maximum(1 - inputs * targets, 0), reduction)


def huber_loss(
    inputs: mx.array, targets: mx.array, delta: float = 1.0, reduction: Reduction = "none"
) -> mx.array:
    r"""Huber loss (Huber 1964, Robust estimation of a location parameter): with
    :math:`d = |x - t|`, :math:`d^2 / 2` where :math:`d \le \delta`, else
    :math:`\delta (d - \delta / 2)`.

    Args:
        inputs: the predicted values.
        targets: the values to predict.
        delta: where the square ends.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.
    """
    error = mx.abs(inputs - targets)
    square = mx.minimum(error, delta)
    loss = 0.5 * mx.square(square) + delta * (error - square)
    return _reduce(loss, reduction)


def log_cosh_loss(
    inputs: mx.array, targets: mx.array, reduction: Reduction = "none"
) -> mx.array:
    r"""Logarithm of the hyperbolic cosine of the error, :math:`\log\cosh(x - t)`.

    Args:
        inputs: the predicted values.
        targets: the values to predict.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.
    """
    error = inputs - targets
    return _reduce(mx.logaddexp(error, -error) - math.log(2), reduction)


def cosine_similarity_loss(
    x1: mx.array,
    x2: mx.array,
    axis: int = 1,
    eps: float = 1e-8,
    reduction: Reduction = "none",
) -> mx.array:
    r"""Cosine of the angle between vectors, :math:`x_1 \cdot x_2 / \max(|x_1| |x_2|, \epsilon)`.

    Args:
        x1: vectors along `axis`.
        x2: vectors along `axis`.
        axis: the vectors' axis.
        eps: the smallest divisor.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.
    """
    product = mx.sum(x1 * x2, axis=axis)
    norms = mx.linalg.norm(x1, axis=axis) * mx.linalg.norm(x2, axis=axis)
    loss = product / mx.maximum(norms, eps)
    return _reduce(loss, reduction)


def margin_ranking_loss(
    inputs1: mx.array,
    inputs2: mx.array,
    targets: mx.array,
    margin: float = 0.0,
    reduction: Reduction = "none",
) -> mx.array:
    r"""Margin ranking loss, :math:`\max(-t (x_1 - x_2) + \text{margin}, 0)`.

    Args:
        inputs1: the first scores.
        inputs2: the second scores.
        targets: 1 where the first is to be ranked higher, -1 where the second is.
        margin: the difference of the scores that is asked for.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.
    """
    if not inputs1.shape == inputs2.shape == targets.shape:
        raise ValueError(
            f"The shapes of the arguments do not match. The provided shapes are "
            f"inputs1.shape={inputs1.shape}, inputs2.shape={inputs2.shape}, and "
            f"targets.shape={targets.shape}."
        )
    loss = mx.maximum(0, -targets * (inputs1 - inputs2) + margin)
    return _reduce(loss, reduction)
