# programs: fast, quantize, gather
mx.random.seed(0)
k = mx.random.key(1)
x = mx.random.normal((2, 4, 8), key=k)
w = mx.random.normal((8,), key=k)
mx.fast.rms_norm(x, w, 1e-5).shape
mx.fast.rms_norm(x, None, 1e-5)[0, 0]
mx.fast.rms_norm(x, w)
mx.fast.rms_norm(x, w, eps=1e-5)[0, 0]
mx.fast.rms_norm(x, mx.ones(7), 1e-5)
mx.fast.rms_norm(x.astype(mx.float16), w, 1e-5).dtype
mx.fast.rms_norm(mx.array(1.0), None, 1e-5)
mx.fast.rms_norm(mx.array([1, 2]), None, 1e-5)
mx.fast.layer_norm(x, w, w, 1e-5)[0, 0]
mx.fast.layer_norm(x, None, None, 1e-5)[0, 0]
mx.fast.layer_norm(x, w, None, 1e-5)[0, 0]
mx.fast.layer_norm(x, None, w, 1e-5)[0, 0]
mx.fast.layer_norm(x, w, w)
mx.fast.layer_norm(mx.zeros((2, 0)), None, None, 1e-5)
mx.fast.rope(x, 8, traditional=False, base=10000, scale=1.0, offset=0)[0, 1]
mx.fast.rope(x, 4, traditional=True, base=10000, scale=1.0, offset=3)[0, 1]
mx.fast.rope(x, 8, traditional=False, base=10000.0, scale=1.0, offset=mx.array(2))[0, 1]
mx.fast.rope(x, 8, traditional=False, base=None, scale=1.0, offset=0, freqs=mx.ones(4))[0, 1]
mx.fast.rope(x, 8, traditional=False, base=None, scale=1.0, offset=0)
mx.fast.rope(x, 8, traditional=False, base=1.0, scale=1.0, offset=0, freqs=mx.ones(4))
mx.fast.rope(x, 8, False, 1e4, 1.0, 0)
mx.fast.rope(x, 7, traditional=False, base=1e4, scale=1.0, offset=0)
mx.fast.rope(x, 10, traditional=False, base=1e4, scale=1.0, offset=0)
mx.fast.rope(x[0], 8, traditional=False, base=1e4, scale=1.0, offset=0)
mx.fast.rope(x, 8, traditional=False, base=1e4, scale=1.0, offset=mx.array([1, 2]))[0, 1]
mx.fast.rope(x, 8, traditional=False, base=1e4, scale=1.0, offset=1.5)
mx.fast.rope(x.astype(mx.int32), 8, traditional=False, base=1e4, scale=1.0, offset=0)
q = mx.random.normal((1, 4, 3, 8), key=k); kk = mx.random.normal((1, 2, 5, 8), key=k)
mx.fast.scaled_dot_product_attention(q, kk, kk, scale=0.3)[0, 0]
mx.fast.scaled_dot_product_attention(q, kk, kk, scale=0.3, mask="causal")[0, 0]
mx.fast.scaled_dot_product_attention(q, kk, kk, scale=0.3, mask=mx.ones((3, 5), mx.bool_))[0, 0]
mx.fast.scaled_dot_product_attention(q, kk, kk, scale=0.3, mask=mx.zeros((3, 5), mx.bool_))[0, 0]
mx.fast.scaled_dot_product_attention(q, kk, kk, scale=0.3, mask=mx.ones((3, 5)))[0, 0]
mx.fast.scaled_dot_product_attention(q, kk, kk, scale=0.3, mask=mx.ones((4, 5)))
mx.fast.scaled_dot_product_attention(q, kk, kk, scale=0.3, mask="foo")
mx.fast.scaled_dot_product_attention(q, kk, kk, scale=0.3, mask=None)[0, 1]
mx.fast.scaled_dot_product_attention(q, kk, kk, 0.3)
mx.fast.scaled_dot_product_attention(q, kk, kk)
mx.fast.scaled_dot_product_attention(q[:, :3], kk, kk, scale=0.3)
mx.fast.scaled_dot_product_attention(q[0], kk[0], kk[0], scale=0.3)
mx.fast.scaled_dot_product_attention(q, kk[..., :4], kk, scale=0.3)
mx.fast.scaled_dot_product_attention(q, kk, kk[:, :, :4], scale=0.3)
mx.fast.scaled_dot_product_attention(q, kk, kk, scale=0.3, sinks=mx.ones(4))[0, 0]
mx.fast.scaled_dot_product_attention(q, kk, kk, scale=0.3, sinks=mx.ones(3))
mx.fast.scaled_dot_product_attention(q.astype(mx.float16), kk.astype(mx.float16), kk.astype(mx.float16), scale=0.3).dtype
mx.fast.scaled_dot_product_attention(q.astype(mx.float16), kk, kk, scale=0.3).dtype
w = mx.random.normal((4, 64), key=k)
wq = mx.quantize(w)
len(wq)
[t.shape for t in wq]
mx.quantize(w, 32, 8)[0][0, :2]
mx.quantize(w, group_size=32, bits=2)[1][0]
mx.quantize(w, bits=7)
mx.quantize(w, group_size=48)
mx.quantize(w[0])
mx.quantize(w[:, :32])
mx.quantize(w.astype(mx.int32))
mx.quantize(w, mode="mxfp4")[1]
mx.quantize(w, mode="mxfp8")[1]
mx.quantize(w, mode="nvfp4")[1]
mx.quantize(w, mode="zz")
mx.quantize(w, mode="mxfp4", bits=8)
mx.quantize(w, mode="mxfp4", group_size=64)
mx.quantize(w, None, None)[0].shape
mx.dequantize(*wq)[0, :4]
mx.dequantize(wq[0], wq[1])
mx.dequantize(*wq, group_size=32)
mx.dequantize(*wq, 64, 8)
mx.dequantize(*wq, dtype=mx.float16).dtype
mx.dequantize(*mx.quantize(w, mode="mxfp4"), mode="mxfp4").dtype
mx.dequantize(*mx.quantize(w, mode="mxfp4"), mode="mxfp4", dtype=mx.float32)[0, :4]
xx = mx.random.normal((2, 64), key=k)
mx.quantized_matmul(xx, *wq)
mx.quantized_matmul(xx, *wq, transpose=True, group_size=64, bits=4)
mx.quantized_matmul(xx, *wq, False)
mx.quantized_matmul(xx[0], *wq)
mx.quantized_matmul(xx[:, :32], *wq)
mx.quantized_matmul(xx, wq[0], wq[1])
mx.quantized_matmul(xx, wq[0].astype(mx.int32), wq[1], wq[2])
mx.quantized_matmul(xx, *mx.quantize(w, mode="mxfp4"), mode="mxfp4")
mx.quantized_matmul(xx, *mx.quantize(w, mode="nvfp4"), mode="nvfp4")
mx.quantized_matmul(xx.astype(mx.int32), *wq)
A = mx.random.normal((3, 2, 4), key=k); B = mx.random.normal((3, 4, 5), key=k)
mx.gather_mm(A, B)
mx.gather_mm(A, B, mx.array([0, 2]), mx.array([1, 1])).shape
mx.gather_mm(A, B, lhs_indices=mx.array([0, 2])).shape
mx.gather_mm(A, B, rhs_indices=mx.array([0, 2, 1]))[0]
mx.gather_mm(A, B, rhs_indices=mx.array([0, 1, 1]), sorted_indices=True)[0]
mx.gather_mm(A, B, mx.array([0.5]), mx.array([1]))
mx.gather_mm(A, A)
mx.gather_mm(A[0], B[0])
mx.gather_mm(A, B, mx.array([[0, 1]]), mx.array([[2], [1]])).shape
W = mx.random.normal((3, 8, 64), key=k); WQ = mx.quantize(W)
X = mx.random.normal((3, 2, 64), key=k)
mx.gather_qmm(X, *WQ)
mx.gather_qmm(X, *WQ, rhs_indices=mx.array([0, 2, 1]))[0]
mx.gather_qmm(X, *WQ, lhs_indices=mx.array([0, 2]), rhs_indices=mx.array([0, 2])).shape
mx.gather_qmm(X, *WQ, transpose=False)
mx.gather_qmm(X, *WQ, group_size=32)
mx.block_masked_mm(mx.ones((64, 64)), mx.ones((64, 64)), 32, mx.array([[True, False], [False, True]]))[::32, ::32]
mx.block_masked_mm(mx.ones((64, 64)), mx.ones((64, 64)), 64)[0, 0]
mx.block_masked_mm(mx.ones((64, 64)), mx.ones((64, 64)), 16)
mx.block_masked_mm(mx.ones((64, 64)), mx.ones((64, 64)), 32, mask_lhs=mx.array([[1.0, 2], [0, 1]]))[::32, ::32]
mx.segmented_mm(mx.ones((2, 6)), mx.ones((6, 3)), mx.array([[0, 2], [2, 6]]))
mx.segmented_mm(mx.ones((2, 6)), mx.ones((6, 3)), mx.array([0, 2, 2, 6]))
mx.to_fp8(mx.array([1.0, 500, -0.3]))
mx.from_fp8(mx.array([56, 126], mx.uint8), mx.float32)
mx.from_fp8(mx.array([56, 126], mx.uint8), dtype=mx.bfloat16)
m2 = mx.array([[True, False], [False, True]]); m4 = mx.ones((4, 4), mx.bool_)
o = mx.ones((64, 64))
mx.block_masked_mm(o, o, 16, m4).sum()
mx.block_masked_mm(o, o, 16, mx.tril(mx.ones((4, 4))).astype(mx.bool_)).sum()
mx.block_masked_mm(o, o, 16, None, m4, m4).sum()
mx.block_masked_mm(o, o, 8).sum()
mx.block_masked_mm(o, o, 1).sum()
mx.block_masked_mm(o, o, 0)
mx.block_masked_mm(o, o, -1)
mx.block_masked_mm(o, o, 128).sum()
mx.block_masked_mm(o, o, 48).sum()
mx.block_masked_mm(o, o, 32, m4)
mx.block_masked_mm(o, o, 32, m2).sum()
mx.block_masked_mm(o[:50], o, 32, m2).sum()
mx.block_masked_mm(o[:50], o, 64).sum()
mx.block_masked_mm(o, o).sum()
mx.block_masked_mm(o, o, block_size=32, mask_out=m2).sum()
mx.block_masked_mm(o, o, 33, m2).sum()
mx.fast.rope(mx.ones((1, 2, 4)), 4, traditional=False, base=1e4, scale=1.0, offset=None)
mx.fast.rope(mx.ones((1, 2, 4)), 4, traditional=False, base=1e4, scale=1.0, offset="a")
mx.fast.rope(mx.ones((1, 2, 4)), 4, traditional=False, base=1e4, scale=1.0, offset=True)
mx.fast.rope(mx.ones((1, 2, 4)), 4, traditional=False, base=1e4, scale=1.0, offset=mx.array(1.5))
mx.fast.rope(mx.ones((1, 2, 4)), 4, traditional=False, base=1e4, scale=1.0, offset=np.int64(1))
