import threading
mx.default_device()
mx.default_device() == mx.cpu
mx.default_device() == mx.Device(mx.cpu)
mx.cpu
mx.gpu
type(mx.cpu)
mx.cpu == mx.DeviceType.cpu
mx.cpu == mx.gpu
mx.DeviceType.cpu.name
mx.DeviceType.cpu.value
mx.DeviceType(0)
mx.DeviceType(2)
list(mx.DeviceType)
int(mx.gpu)
mx.Device(mx.cpu)
mx.Device(mx.cpu, 1)
mx.Device(mx.gpu)
mx.Device(type=mx.cpu, index=0)
mx.Device("cpu")
mx.Device()
mx.Device(mx.cpu) == mx.Device(mx.cpu, 1)
mx.Device(mx.cpu) == mx.gpu
mx.Device(mx.cpu) == "cpu"
mx.Device(mx.cpu) == None
mx.Device(mx.cpu).type
mx.Device(mx.cpu).index
hash(mx.Device(mx.cpu)) == hash(mx.Device(mx.cpu))
mx.default_stream(mx.cpu)
mx.default_stream(mx.Device(mx.cpu))
mx.default_stream(mx.gpu)
mx.default_stream()
mx.default_stream(None)
type(s).__name__
s, = [mx.new_stream(mx.cpu)]
s.device
s.index > 0
s == s
s == mx.default_stream(mx.cpu)
s == "x"
s.foo
mx.new_stream(mx.gpu)
mx.new_stream()
mx.new_stream(None)
mx.new_stream("cpu")
mx.new_stream(s)
mx.set_default_device(mx.cpu)
mx.set_default_device(mx.gpu)
mx.default_device()
mx.set_default_device(mx.cpu)
mx.set_default_device(mx.Device(mx.cpu, 0))
mx.set_default_device("cpu")
mx.set_default_device(None)
first, = [mx.default_stream(mx.cpu)]
mx.set_default_stream(s)
mx.default_stream(mx.cpu) == s
mx.add(1, 2)
mx.set_default_stream(first)
mx.set_default_stream(mx.cpu)
mx.set_default_stream("x")
with mx.stream(mx.cpu): a = mx.add(1, 2)

a
with mx.stream(s): a = mx.add(1, 2)

a
with mx.stream(mx.Device(mx.cpu)) as q: print(q)

with mx.stream(mx.gpu): print(mx.default_device())

with mx.stream(None): pass

with mx.stream("x"): pass

mx.stream(mx.cpu)
type(mx.stream(mx.cpu)).__name__
mx.StreamContext(mx.cpu)
mx.synchronize()
mx.synchronize(s)
mx.synchronize(mx.cpu)
mx.synchronize(mx.gpu)
mx.synchronize(None)
mx.synchronize("x")
mx.synchronize(stream=s)
mx.is_available(mx.cpu)
mx.is_available(mx.gpu)
mx.is_available(mx.Device(mx.cpu))
mx.is_available("x")
mx.device_count(mx.cpu) if hasattr(mx, "device_count") else 0
mx.device_count(mx.gpu) if hasattr(mx, "device_count") else 0
sorted(mx.device_info())
sorted(mx.device_info(mx.cpu))
mx.device_info(mx.gpu)
mx.device_info("x")
mx.metal.is_available()
mx.cuda.is_available()
mx.metal.start_capture("x")
mx.metal.stop_capture()
mx.metal.device_info()
mx.metal.get_active_memory() >= 0
mx.metal.clear_cache()
mx.get_active_memory() >= 0
mx.get_peak_memory() >= 0
mx.get_cache_memory() >= 0
mx.reset_peak_memory()
x = mx.ones((1024, 1024)); mx.eval(x)
mx.get_active_memory() >= 4 * 1024 * 1024
mx.get_peak_memory() >= 4 * 1024 * 1024
type(mx.get_active_memory())
mx.clear_cache()
mx.get_cache_memory()
mx.set_wired_limit(0)
mx.set_wired_limit(10**9)
mx.set_memory_limit("a")
mx.set_memory_limit(1.5)
mx.distributed.is_available()
mx.distributed.is_available("mpi")
mx.distributed.is_available("zzz")
g = mx.distributed.init()
g
g.rank()
g.size()
g.split(0)
mx.distributed.all_sum(mx.array([1, 2]))
mx.distributed.all_sum(mx.array([1, 2]), group=g)
mx.distributed.all_gather(mx.array([1, 2]))
mx.distributed.all_gather(mx.array(1))
mx.distributed.all_max(mx.array([1, 2]))
mx.distributed.all_min(mx.array([1, 2]))
mx.distributed.sum_scatter(mx.array([1, 2]))
mx.distributed.send(mx.array([1, 2]), 0)
mx.distributed.recv((2,), mx.float32, 0)
mx.distributed.recv_like(mx.array([1]), 0)
mx.distributed.init(strict=True)
mx.distributed.init(backend="mpi").size()
mx.distributed.init(backend="zzz")
mx.distributed.init(True, "ring")
mx.distributed.all_sum(1)
mx.distributed.all_sum("a")
def inthread(fn):
    r = []
    def w():
        try: r.append(fn())
        except BaseException as e: r.append(f"{type(e).__name__}")
    t = threading.Thread(target=w); t.start(); t.join(); return r[0]
inthread(lambda: mx.add(1, 2).item())
inthread(lambda: (x + 1).sum().item())
p = mx.array([1, 2]) + 1
inthread(lambda: p.tolist())
inthread(lambda: mx.default_device())
inthread(lambda: mx.random.uniform().shape)
inthread(lambda: mx.random.uniform(key=mx.random.key(1)).item())
inthread(lambda: mx.add(1, 2, stream=s))
inthread(lambda: mx.synchronize())
type(ts).__name__
mx.add(1, 2, stream=ts)
inthread(lambda: mx.add(1, 2, stream=ts).item())
inthread(lambda: mx.add(1, 2, stream=us).item())
mx.clear_streams()
mx.__version__
type(mx.__version__)
mx.inf
mx.nan
mx.pi
mx.e
mx.euler_gamma
mx.newaxis
mx.finfo(mx.float32)
mx.finfo(mx.float32).max
mx.finfo(mx.float32).eps
mx.finfo(mx.float16).min
mx.finfo(mx.bfloat16).max
mx.finfo(mx.float64).max
mx.finfo(mx.int32)
mx.finfo(mx.complex64)
mx.finfo("float32")
mx.finfo(np.float32)
mx.iinfo(mx.int8)
mx.iinfo(mx.int8).max
mx.iinfo(mx.uint64).max
mx.iinfo(mx.bool_)
mx.iinfo(mx.float32)
mx.finfo(mx.float32).dtype
mx.finfo(mx.float32).foo
