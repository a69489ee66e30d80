"""Recurrent layers: every step needs the one before, so that only the products with the input are
done at once for all steps."""

import math
from typing import Callable, Optional

import mlx.core as mx
from mlx.nn.layers.activations import tanh
from mlx.nn.layers.base import Module


def _uniform(hidden_size: int, *shape: int) -> mx.array:
    scale = 1.0 / math.sqrt(hidden_size)
    return mx.random.uniform(low=-scale, high=scale, shape=shape)


class RNN(Module):
    r"""Elman recurrent layer (Elman 1990, Finding structure in time),

    .. math:: h_{t+1} = \tanh(W_{xh} x_t + W_{hh} h_t + b)

    Shapes: (..., L, input_size) to (..., L, hidden_size): the hidden states after every step.

    Parameters, all uniform within :math:`\pm 1/\sqrt{\text{hidden\_size}}`: `Wxh`
    (hidden_size, input_size), `Whh` (hidden_size, hidden_size), `bias` (hidden_size,).

    Args:
        input_size: number of features of the input.
        hidden_size: number of features of the state.
        bias: whether there is a bias.
        nonlinearity: what is applied after each step; :func:`tanh` by default.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: Optional[Callable] = None,
    ):
        super().__init__()
        self.nonlinearity = nonlinearity or tanh
        if not callable(self.nonlinearity):
            raise ValueError(
                f"Nonlinearity must be callable. Current value: {self.nonlinearity}."
            )
        self.hidden_size = hidden_size
        self.Wxh = _uniform(hidden_size, hidden_size, input_size)
        self.Whh = _uniform(hidden_size, hidden_size, hidden_size)
        self.bias = _uniform(hidden_size, hidden_size) if bias else None

    def _extra_repr(self):
        return (
            f"input_dims={self.Wxh.shape[1]}, hidden_size={self.hidden_size}, "
            f"nonlinearity={self.nonlinearity}, bias={self.bias is not None}"
        )

    def __call__(self, x, hidden=None):
        """The hidden states after every step.

        Args:
            x: (..., L, input_size).
            hidden: the state to begin with, (..., hidden_size); zeros by default.
        """
        if self.bias is not None:
            x = mx.addmm(self.bias, x, self.Wxh.T)
        else:
            x = x @ self.Wxh.T

        states = []
        for t in range(x.shape[-2]):
            step = x[..., t, :]
            if hidden is not None:
                step = mx.addmm(step, hidden, self.Whh.T)
            hidden = self.nonlinearity(step)
            states.append(hidden)
        return mx.stack(states, axis=-2)


class GRU(Module):
    r"""Gated recurrent unit (Cho et al. 2014),

    .. math::
        r_t &= \sigma(W_{xr} x_t + W_{hr} h_t + b_r) \\
        z_t &= \sigma(W_{xz} x_t + W_{hz} h_t + b_z) \\
        n_t &= \tanh(W_{xn} x_t + b_n + r_t (W_{hn} h_t + b_{hn})) \\
        h_{t+1} &= (1 - z_t) n_t + z_t h_t

    Shapes: (..., L, input_size) to (..., L, hidden_size): the hidden states after every step.

    Parameters, all uniform within :math:`\pm 1/\sqrt{\text{hidden\_size}}`, the gates in the order
    r, z, n: `Wx` (3 hidden_size, input_size), `Wh` (3 hidden_size, hidden_size),
    `b` (3 hidden_size,), `bhn` (hidden_size,).

    Args:
        input_size: number of features of the input.
        hidden_size: number of features of the state.
        bias: whether there are biases.
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True):
        super().__init__()
        self.hidden_size = hidden_size
        self.Wx = _uniform(hidden_size, 3 * hidden_size, input_size)
        self.Wh = _uniform(hidden_size, 3 * hidden_size, hidden_size)
        self.b = _uniform(hidden_size, 3 * hidden_size) if bias else None
        self.bhn = _uniform(hidden_size, hidden_size) if bias else None

    def _extra_repr(self):
        return (
            f"input_dims={self.Wx.shape[1]}, hidden_size={self.hidden_size}, "
            f"bias={self.b is not None}"
        )

    def __call__(self, x, hidden=None):
        """The hidden states after every step.

        Args:
            x: (..., L, input_size).
            hidden: the state to begin with, (..., hidden_size); zeros by default.
        """
        if self.b is not None:
            x = mx.addmm(self.b, x, self.Wx.T)
        else:
            x = x @ self.Wx.T
        x_rz = x[..., : -self.hidden_size]
        x_n = x[..., -self.hidden_size :]

        states = []
        for t in range(x.shape[-2]):
            rz = x_rz[..., t, :]
            n = x_n[..., t, :]
            if hidden is not None:
                projected = hidden @ self.Wh.T
                rz = rz + projected[..., : -self.hidden_size]
                h_n = projected[..., -self.hidden_size :]
                if self.bhn is not None:
                    h_n = h_n + self.bhn
            else:
                h_n = self.bhn
            r, z = mx.split(mx.sigmoid(rz), 2, axis=-1)
            n = mx.tanh(n + r * h_n if h_n is not None else n)
            if hidden is not None:
                hidden = (1 - z) * n + z * hidden
            else:
                hidden = (1 - z) * n
            states.append(hidden)
        return mx.stack(states, axis=-2)


class LSTM(Module):
    r"""Long short-term memory (Hochreiter and Schmidhuber 1997),

    .. math::
        i_t &= \sigma(W_{xi} x_t + W_{hi} h_t + b_i) \\
        f_t &= \sigma(W_{xf} x_t + W_{hf} h_t + b_f) \\
        g_t &= \tanh(W_{xg} x_t + W_{hg} h_t + b_g) \\
        o_t &= \sigma(W_{xo} x_t + W_{ho} h_t + b_o) \\
        c_{t+1} &= f_t c_t + i_t g_t \\
        h_{t+1} &= o_t \tanh(c_{t+1})

    Shapes: (..., L, input_size) to two times (..., L, hidden_size): the hidden states and the
    cells after every step.

    Parameters, all uniform within :math:`\pm 1/\sqrt{\text{hidden\_size}}`, the gates in the order
    i, f, g, o: `Wx` (4 hidden_size, input_size), `Wh` (4 hidden_size, hidden_size),
    `bias` (4 hidden_size,).

    Args:
        input_size: number of features of the input.
        hidden_size: number of features of the state.
        bias: whether there is a bias.
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True):
        super().__init__()
        self.hidden_size = hidden_size
        self.Wx = _uniform(hidden_size, 4 * hidden_size, input_size)
        self.Wh = _uniform(hidden_size, 4 * hidden_size, hidden_size)
        self.bias = _uniform(hidden_size, 4 * hidden_size) if bias else None

    def _extra_repr(self):
        return (
            f"input_dims={self.Wx.shape[1]}, hidden_size={self.hidden_size}, "
            f"bias={self.bias is not None}"
        )

    def __call__(self, x, hidden=None, cell=None):
        """The hidden states and the cells after every step.

        Args:
            x: (..., L, input_size).
            hidden: the state to begin with, (..., hidden_size); zeros by default.
            cell: the cell to begin with, (..., hidden_size); zeros by default.
        """
        if self.bias is not None:
            x = mx.addmm(self.bias, x, self.Wx.T)
        else:
            x = x @ self.Wx.T

        states, cells = [], []
        for t in range(x.shape[-2]):
            gates = x[..., t, :]
            if hidden is not None:
                gates = mx.addmm(gates, hidden, self.Wh.T)
            i, f, g, o = mx.split(gates, 4, axis=-1)
            i, f, o = mx.sigmoid(i), mx.sigmoid(f), mx.sigmoid(o)
            g = mx.tanh(g)
            cell = f * cell + i * g if cell is not None else i * g
            hidden = o * mx.tanh(cell)
            states.append(hidden)
            cells.append(cell)
        return mx.stack(states, axis=-2), mx.stack(cells, axis=-2)
