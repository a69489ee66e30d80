"""Neural networks: layers, losses, initializers, and gradients of models."""

from mlx.nn import init, losses
from mlx.nn.layers import *
from mlx.nn.utils import average_gradients, value_and_grad
