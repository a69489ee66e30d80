"""Multi-head attention and the transformer (Vaswani et al. 2017, Attention is all you need)."""

import math
from typing import Any, Callable, Optional

import mlx.core as mx
from mlx.nn.layers.activations import relu
from mlx.nn.layers.base import Module
from mlx.nn.layers.dropout import Dropout
from mlx.nn.layers.linear import Linear
from mlx.nn.layers.normalization import LayerNorm
from mlx.nn.utils import checkpoint as checkpoint_module


class MultiHeadAttention(Module):
    """Scaled dot product attention of several heads.

    Shapes: queries (N, Lq, query_input_dims), keys (N, Lk, key_input_dims) and values
    (N, Lk, value_input_dims) to (N, Lq, value_output_dims).

    Args:
        dims: number of features of all heads together.
        num_heads: number of heads, which divides `dims`.
        query_input_dims: features of the queries; `dims` by default.
        key_input_dims: features of the keys; `dims` by default.
        value_input_dims: features of the values; `key_input_dims` by default.
        value_dims: features of the projected values; `dims` by default.
        value_output_dims: features of the result; `dims` by default.
        bias: whether the projections have biases.
    """

    def __init__(
        self,
        dims: int,
        num_heads: int,
        query_input_dims: Optional[int] = None,
        key_input_dims: Optional[int] = None,
        value_input_dims: Optional[int] = None,
        value_dims: Optional[int] = None,
        value_output_dims: Optional[int] = None,
        bias: bool = False,
    ):
        super().__init__()
        if dims % num_heads != 0:
            raise ValueError(
                f"The input feature dimensions should be divisible by the number of heads "
                f"({dims} % {num_heads}) != 0"
            )
        query_input_dims = query_input_dims or dims
        key_input_dims = key_input_dims or dims
        value_input_dims = value_input_dims or key_input_dims
        value_dims = value_dims or dims
        value_output_dims = value_output_dims or dims

        self.num_heads = num_heads
        self.query_proj = Linear(query_input_dims, dims, bias=bias)
        self.key_proj = Linear(key_input_dims, dims, bias=bias)
        self.value_proj = Linear(value_input_dims, value_dims, bias=bias)
        self.out_proj = Linear(value_dims, value_output_dims, bias=bias)

    def _heads(self, x):
        """(N, L, heads * D) as (N, heads, L, D)."""
        return mx.unflatten(x, -1, (self.num_heads, -1)).transpose(0, 2, 1, 3)

    def __call__(self, queries, keys, values, mask=None):
        """The attended values.

        Args:
            queries: (N, Lq, query_input_dims).
            keys: (N, Lk, key_input_dims).
            values: (N, Lk, value_input_dims).
            mask: added to the scores, or booleans that say what to attend to; broadcast to
                (N, heads, Lq, Lk).
        """
        queries = self._heads(self.query_proj(queries))
        keys = self._heads(self.key_proj(keys))
        values = self._heads(self.value_proj(values))
        scale = math.sqrt(1 / queries.shape[-1])
        output = mx.fast.scaled_dot_product_attention(
            queries, keys, values, scale=scale, mask=mask
        )
        return self.out_proj(output.transpose(0, 2, 1, 3).flatten(-2, -1))

    @staticmethod
    def create_additive_causal_mask(N: int, dtype: mx.Dtype = mx.float32):
        """A mask (N, N) that lets every position attend to itself and those before: 0 there, the
        lowest number of `dtype` elsewhere."""
        positions = mx.arange(N)
        mask = positions[:, None] < positions[None]
        return mask.astype(dtype) * mx.finfo(dtype).min


class TransformerEncoderLayer(Module):
    """Self-attention and a perceptron, each with normalization, dropout and a residual.

    Shapes: (N, L, dims) to the same.

    Args:
        dims: number of features.
        num_heads: number of attention heads.
        mlp_dims: hidden features of the perceptron; 4 * dims by default.
        dropout: probability of dropout.
        activation: activation of the perceptron.
        norm_first: normalize before attention and perceptron, not after.
    """

    def __init__(
        self,
        dims: int,
        num_heads: int,
        mlp_dims: Optional[int] = None,
        dropout: float = 0.0,
        activation: Callable[[Any], Any] = relu,
        norm_first: bool = True,
    ):
        super().__init__()
        mlp_dims = mlp_dims or dims * 4
        self.attention = MultiHeadAttention(dims, num_heads)
        self.ln1 = LayerNorm(dims)
        self.ln2 = LayerNorm(dims)
        self.linear1 = Linear(dims, mlp_dims)
        self.linear2 = Linear(mlp_dims, dims)
        self.dropout1 = Dropout(dropout)
        self.dropout2 = Dropout(dropout)
        self.activation = activation
        self.norm_first = norm_first

    def _mlp(self, x):
        return self.linear2(self.dropout2(self.activation(self.linear1(x))))

    def __call__(self, x, mask):
        """The encoded sequence.

        Args:
            x: (N, L, dims).
            mask: see :class:`MultiHeadAttention`.
        """
        if self.norm_first:
            y = self.ln1(x)
            x = x + self.dropout1(self.attention(y, y, y, mask))
            return x + self._mlp(self.ln2(x))
        x = self.ln1(x + self.dropout1(self.attention(x, x, x, mask)))
        return self.ln2(x + self._mlp(x))


class TransformerEncoder(Module):
    """Encoder layers, and a normalization at the end.

    Shapes: (N, L, dims) to the same.

    Args:
        num_layers: number of layers.
        dims: number of features.
        num_heads: number of attention heads.
        mlp_dims: hidden features of the perceptrons; 4 * dims by default.
        dropout: probability of dropout.
        activation: activation of the perceptrons.
        norm_first: normalize before attention and perceptron, not after.
        checkpoint: compute the layers a second time for the gradient instead of keeping their
            intermediate results.
    """

    def __init__(
        self,
        num_layers: int,
        dims: int,
        num_heads: int,
        mlp_dims: Optional[int] = None,
        dropout: float = 0.0,
        activation=relu,
        norm_first: bool = True,
        checkpoint: bool = False,
    ):
        super().__init__()
        self.layers = [
            TransformerEncoderLayer(dims, num_heads, mlp_dims, dropout, activation, norm_first)
            for _ in range(num_layers)
        ]
        self.ln = LayerNorm(dims)
        self.checkpoint = checkpoint

    def __call__(self, x, mask):
        """The encoded sequence.

        Args:
            x: (N, L, dims).
            mask: see :class:`MultiHeadAttention`.
        """
        for layer in self.layers:
            x = (checkpoint_module(layer) if self.checkpoint else layer)(x, mask)
        return self.ln(x)


class TransformerDecoderLayer(Module):
    """Self-attention, attention to a memory and a perceptron, each with normalization, dropout and
    a residual.

    Shapes: (N, L, dims) and a memory (N, M, dims) to (N, L, dims).

    Args:
        dims: number of features.
        num_heads: number of attention heads.
        mlp_dims: hidden features of the perceptron; 4 * dims by default.
        dropout: probability of dropout.
        activation: activation of the perceptron.
        norm_first: normalize before attentions and perceptron, not after.
    """

    def __init__(
        self,
        dims: int,
        num_heads: int,
        mlp_dims: Optional[int] = None,
        dropout: float = 0.0,
        activation: Callable[[Any], Any] = relu,
        norm_first: bool = True,
    ):
        super().__init__()
        mlp_dims = mlp_dims or dims * 4
        self.self_attention = MultiHeadAttention(dims, num_heads)
        self.cross_attention = MultiHeadAttention(dims, num_heads)
        self.ln1 = LayerNorm(dims)
        self.ln2 = LayerNorm(dims)
        self.ln3 = LayerNorm(dims)
        self.linear1 = Linear(dims, mlp_dims)
        self.linear2 = Linear(mlp_dims, dims)
        self.dropout1 = Dropout(dropout)
        self.dropout2 = Dropout(dropout)
        self.dropout3 = Dropout(dropout)
        self.activation = activation
        self.norm_first = norm_first

    def _mlp(self, x):
        return self.linear2(self.dropout3(self.activation(self.linear1(x))))

    def __call__(self, x, memory, x_mask, memory_mask):
        """The decoded sequence.

        Args:
            x: (N, L, dims).
            memory: what the encoder gave, (N, M, dims).
            x_mask: of the self-attention, see :class:`MultiHeadAttention`.
            memory_mask: of the attention to the memory.
        """
        if self.norm_first:
            y = self.ln1(x)
            x = x + self.dropout1(self.self_attention(y, y, y, x_mask))
            y = self.cross_attention(self.ln2(x), memory, memory, memory_mask)
            x = x + self.dropout2(y)
            return x + self._mlp(self.ln3(x))
        x = self.ln1(x + self.dropout1(self.self_attention(x, x, x, x_mask)))
        x = self.ln2(x + self.dropout2(self.cross_attention(x, memory, memory, memory_mask)))
        return self.ln3(x + self._mlp(x))


class TransformerDecoder(Module):
    """Decoder layers, and a normalization at the end.

    Shapes: (N, L, dims) and a memory (N, M, dims) to (N, L, dims).

    Args:
        num_layers: number of layers.
        dims: number of features.
        num_heads: number of attention heads.
        mlp_dims: hidden features of the perceptrons; 4 * dims by default.
        dropout: probability of dropout.
        activation: activation of the perceptrons.
        norm_first: normalize before attentions and perceptron, not after.
        checkpoint: compute the layers a second time for the gradient instead of keeping their
            intermediate results.
    """

    def __init__(
        self,
        num_layers: int,
        dims: int,
        num_heads: int,
        mlp_dims: Optional[int] = None,
        dropout: float = 0.0,
        activation=relu,
        norm_first: bool = True,
        checkpoint: bool = False,
    ):
        super().__init__()
        self.layers = [
            TransformerDecoderLayer(dims, num_heads, mlp_dims, dropout, activation, norm_first)
            for _ in range(num_layers)
        ]
        self.ln = LayerNorm(dims)
        self.checkpoint = checkpoint

    def __call__(self, x, memory, x_mask, memory_mask):
        """The decoded sequence.

        Args:
            x: (N, L, dims).
            memory: what the encoder gave, (N, M, dims).
            x_mask: of the self-attention, see :class:`MultiHeadAttention`.
            memory_mask: of the attention to the memory.
        """
        for layer in self.layers:
            call = checkpoint_module(layer) if self.checkpoint else layer
            x = call(x, memory, x_mask, memory_mask)
        return self.ln(x)


class Transformer(Module):
    """Encoder and decoder.

    Shapes: a source (N, S, dims) and a target (N, T, dims) to (N, T, dims).

    Args:
        dims: number of features.
        num_heads: number of attention heads.
        num_encoder_layers: number of encoder layers.
        num_decoder_layers: number of decoder layers.
        mlp_dims: hidden features of the perceptrons; 4 * dims by default.
        dropout: probability of dropout.
        activation: activation of the perceptrons.
        custom_encoder: takes the place of the encoder.
        custom_decoder: takes the place of the decoder.
        norm_first: normalize before attentions and perceptrons, not after.
        checkpoint: compute the layers a second time for the gradient instead of keeping their
            intermediate results.
    """

    def __init__(
        self,
        dims: int = 512,
        num_heads: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        mlp_dims: Optional[int] = None,
        dropout: float = 0.0,
        activation: Callable[[Any], Any] = relu,
        custom_encoder: Optional[Any] = None,
        custom_decoder: Optional[Any] = None,
        norm_first: bool = True,
        checkpoint: bool = False,
    ):
        super().__init__()
        options = (dims, num_heads, mlp_dims, dropout, activation, norm_first, checkpoint)
        if custom_encoder is not None:
            self.encoder = custom_encoder
        else:
            self.encoder = TransformerEncoder(num_encoder_layers, *options)
        if custom_decoder is not None:
            self.decoder = custom_decoder
        else:
            self.decoder = TransformerDecoder(num_decoder_layers, *options)

    def __call__(self, src, tgt, src_mask, tgt_mask, memory_mask):
        """The decoded sequence.

        Args:
            src: source, (N, S, dims).
            tgt: target, (N, T, dims).
            src_mask: of the encoder's attention, see :class:`MultiHeadAttention`.
            tgt_mask: of the decoder's self-attention.
            memory_mask: of the decoder's attention to the encoded source.
        """
        memory = self.encoder(src, src_mask)
        return self.decoder(tgt, memory, tgt_mask, memory_mask)
