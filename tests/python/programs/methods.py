import pickle, copy, gc, weakref, sys
x = mx.array([[1, 2, 3], [4, 5, 6]])
z = mx.array([1+2j, 3-1j])
x.shape; x.size; x.ndim; x.nbytes; x.itemsize; x.dtype
x.shape
x.size
x.ndim
x.nbytes
x.itemsize
x.dtype
x.T
mx.array(1).T
mx.array([1, 2]).T
mx.zeros((2, 3, 4)).T.shape
x.real
z.real
z.imag
x.imag
mx.array([True]).imag
mx.array([1.5], mx.float16).imag
x.at
type(x.at).__name__
x.at[0]
x.at[0].add(10)
x.at[0, 1].multiply(3)
x.at[:, 1].subtract(3)
x.at[[0, 0, 1]].add(1)
x.at[mx.array([0, 0, 1])].maximum(3)
x.at[...].minimum(3)
x.at[0].divide(2)
x.at[0].set(2)
x.at
x.at.add(1)
x.mT
mx.array([1]).mT
x.shape = (3, 2)
x.foo = 1
x.foo
del x.shape
x.__dict__
x.__array_priority__
x.__doc__ is not None
x.__module__
type(x).__name__
type(x).__qualname__
class Sub(mx.array): pass
mx.array.add
mx.array.sum(x)
mx.array.__add__(x, 1)
mx.array.__add__(x, "a")
x.__add__(1)
x.__radd__(1)
x.__add__("a")
x.__eq__("a")
x.__eq__(None)
x.__lt__("a")
x.__getitem__(0)
x.__len__()
x.__bool__()
x.__matmul__(x.T)
x.__format__("")
x.__repr__()
x.__hash__() == hash(x)
x.__iadd__(1)
x.__itruediv__(2)
x = mx.array([[1, 2, 3], [4, 5, 6]])
x.__array__()
x.__array__(np.float64)
x.__array__(dtype=np.float64)
x.__array__(copy=True)
x.__dlpack__()
x.__dlpack_device__()
x.__dlpack__(stream=None)
x.__dlpack__(copy=True)
x.__array_namespace__()
x.__array_namespace__(api_version="2024.12")
x.__copy__()
x.__deepcopy__({})
copy.copy(x)
copy.deepcopy(x)
y = copy.copy(x); y[0] = 0
x
pickle.loads(pickle.dumps(x))
[pickle.loads(pickle.dumps(mx.array([0, 1, 2]).astype(d))) for d in (mx.bool_, mx.uint8, mx.int64, mx.float16, mx.bfloat16, mx.complex64)]
pickle.loads(pickle.dumps(mx.float32)) == mx.float32
pickle.loads(pickle.dumps(mx.zeros((0, 3))))
pickle.loads(pickle.dumps(mx.array(3)))
pickle.loads(pickle.dumps(mx.arange(6).reshape(2, 3).T))
pickle.loads(pickle.dumps({"a": mx.array([1]), "b": [mx.array(2)]}))
[pickle.loads(pickle.dumps(x, p)) for p in range(6)]
copy.deepcopy({"a": [x, x]})["a"][0]
weakref.ref(x)() is x
np.array(x)
np.asarray(x)
np.array(x, dtype=np.float64)
np.array(x, copy=True)
np.asarray(x, np.int32)
np.array(mx.array(3))
np.array(mx.zeros((0, 2)))
np.array(mx.array([1, 2], mx.float16))
np.array(mx.array([1, 2], mx.bfloat16))
np.array(mx.array([1, 2], mx.complex64))
np.array(mx.array([1, 2], mx.float64))
np.array(mx.array([True]))
np.array(x.T)
np.array(x[:, ::2])
np.array(mx.broadcast_to(mx.array([1, 2]), (2, 2)))
np.array([x, x])
np.array([mx.array(1), mx.array(2)])
np.stack([x, x])
np.sum(x)
np.sin(mx.array([0.0, 1.0]))
np.add(x, 1)
np.mean(x)
np.concatenate([x, x])
np.allclose(x, np.array(x))
np.testing.assert_array_equal(x, x)
np.shape(x)
np.ndim(x)
np.size(x)
np.max(x)
np.dot(x, x.T)
np.isscalar(mx.array(1))
np.asarray(x).flags.writeable
np.array(x, copy=False).flags.writeable
memoryview(x).format
memoryview(x).shape
memoryview(x).strides
memoryview(x.T).strides
memoryview(x).readonly
memoryview(x).tobytes()
memoryview(x).itemsize
memoryview(mx.array(1)).ndim
[memoryview(mx.array([1]).astype(d)).format for d in (mx.bool_, mx.uint8, mx.uint16, mx.uint32, mx.uint64, mx.int8, mx.int16, mx.int32, mx.int64, mx.float16, mx.float32, mx.float64, mx.complex64)]
memoryview(mx.array([1], mx.bfloat16)).format
bytes(mx.array([1, 2], mx.uint8))
bytes(x)[:4]
bytes(mx.array([1, 2], mx.bfloat16))
bytearray(mx.array([1, 2], mx.uint8))
np.frombuffer(mx.array([1, 2], mx.int32), np.int32)
np.from_dlpack(x)
np.from_dlpack(mx.array([1.5], mx.float16))
np.from_dlpack(mx.array([True]))
np.from_dlpack(mx.array([1], mx.bfloat16))
np.from_dlpack(mx.array([1j]))
np.from_dlpack(x.T)
mx.array(np.from_dlpack(x))
mx.from_dlpack(np.arange(3)) if hasattr(mx, "from_dlpack") else 0
x.tolist()
x.tolist(1)
x.T.tolist()
mx.array(1j).tolist()
mx.zeros((2, 0)).tolist()
mx.array([1.1], mx.float16).tolist()
mx.array([1.1], mx.bfloat16).tolist()
x.item(0)
x.item()
x.sum()
x.sum(0)
x.sum(axis=0, keepdims=True)
x.sum((0, 1))
x.sum(axis=[0])
x.sum(None)
x.sum(keepdims=True)
x.sum(0, True)
x.sum(0, True, mx.cpu)
x.sum(dtype=mx.float32)
x.sum(axes=0)
x.mean(axis=1)
x.prod(axis=-1)
x.max(axis=0)
x.min()
x.var(ddof=1)
x.var(axis=0, ddof=2)
x.std(0)
x.std(axis=0, keepdims=True, ddof=0)
x.var(correction=1)
x.argmax()
x.argmax(axis=1, keepdims=True)
x.argmin(0)
x.all()
x.any(axis=0)
x.reshape(3, 2)
x.reshape((3, 2))
x.reshape([3, 2])
x.reshape(-1)
x.reshape(3, -1)
x.reshape(-1, -1)
x.reshape()
x.reshape(())
x.reshape(7)
x.reshape(-1, 4)
x.reshape(6.0)
x.reshape("a")
x.reshape((2, (3,)))
x.reshape(np.int64(3), 2)
x.reshape(mx.array(3), 2)
x.reshape(3, 2, stream=mx.cpu)
x.reshape(shape=(3, 2))
mx.zeros((0, 3)).reshape(-1)
mx.zeros((0, 3)).reshape(0, -1)
mx.zeros((0, 3)).reshape(-1, 3)
mx.zeros((0,)).reshape(2, 0)
x.transpose()
x.transpose(1, 0)
x.transpose((1, 0))
x.transpose([1, 0])
x.transpose(-1, 0)
x.transpose(0, 0)
x.transpose(0)
x.transpose(0, 2)
x.transpose(0, 1, 2)
x.transpose(axes=(1, 0))
x.transpose(None)
x.swapaxes(0, 1)
x.swapaxes(0, 2)
x.moveaxis(0, 1)
x.squeeze()
mx.zeros((1, 2, 1)).squeeze().shape
mx.zeros((1, 2, 1)).squeeze(0).shape
mx.zeros((1, 2, 1)).squeeze((0, 2)).shape
mx.zeros((1, 2, 1)).squeeze([0, -1]).shape
mx.zeros((1, 2, 1)).squeeze(1).shape
mx.zeros((1, 2, 1)).squeeze(3).shape
mx.zeros((1, 2, 1)).squeeze((0, 0)).shape
x.flatten()
x.flatten(0, 1)
x.flatten(1)
x.flatten(start_axis=0)
x.flatten(end_axis=0)
x.flatten(1, 0)
x.flatten(0, 5)
mx.array(1).flatten()
x.split(3, axis=1)
x.split([1, 2], 1)
x.split(2)
x.split(4)
x.split(0)
x.split([1])
x.split([1, 1, 5], axis=1)
x.split([2, 1], axis=1)
x.split([-1], axis=1)
x.split((1,), axis=1)
x.cumsum(0)
x.cumsum()
x.cumsum(axis=1, reverse=True, inclusive=False)
x.cumprod(1)
x.cummax(1)
x.cummin(axis=0)
x.log()
x.sqrt()
x.rsqrt()
x.exp()
x.sin()
x.cos()
x.square()
x.reciprocal()
x.abs()
x.log1p()
x.log2()
x.log10()
x.logsumexp()
x.logsumexp(axis=1, keepdims=True)
x.logcumsumexp(1)
x.round()
x.round(1)
x.round(decimals=-1)
x.diag()
x.diag(1)
x.diagonal()
x.diagonal(offset=1, axis1=0, axis2=1)
x.conj()
z.conj()
x.maximum(3)
x.minimum(3)
x.astype(mx.float32)
x.astype("float32")
x.astype(np.float32)
x.astype(None)
x.astype(dtype=mx.int8)
x.astype(mx.int8, mx.cpu)
x.astype(mx.int8, stream=mx.cpu)
x.astype(mx.int8, copy=False)
x.view(mx.float32)
x.view(mx.uint8)
x.view(mx.int64)
x.view(dtype=mx.uint16)
x.sort()
x.softmax()
x.dot(x.T)
x.matmul(x.T)
x.clip(2, 4)
x.copy()
x.fill(0)
x.ravel()
x.repeat(2)
x.tile(2)
x.take(0)
x.strides
x.flags
x.data
x.dtype.itemsize
x.detach()
x.numpy()
