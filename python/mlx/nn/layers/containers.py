"""Sequential: modules called one after the other."""

from mlx.nn.layers.base import Module


class Sequential(Module):
    """Calls each of its modules with the result of the one before.

    Args:
        modules: modules, and any other functions of one array.

    Example::

        model = nn.Sequential(nn.Linear(784, 256), nn.relu, nn.Linear(256, 10))
    """

    def __init__(self, *modules):
        super().__init__()
        self.layers = list(modules)

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x
