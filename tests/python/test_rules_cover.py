"""No operation is without a row in the tables of rules: whoever adds one says how it is transformed."""

import inspect
from importlib import import_module

import mlx.core as mx

# Not functions of arrays, or with results whose shape depends on values, or that quantize what they multiply.
NOT_TRANSFORMED = """
    async_eval broadcast_shapes can_cast checkpoint clear_cache clear_streams compile default_device default_stream
    device_count device_info disable_compile einsum_path enable_compile eval export_function export_to_dot exporter
    from_dlpack get_active_memory get_array_buffer_size get_cache_memory get_memory_limit get_peak_memory
    get_printoptions grad import_function is_available isdtype issubdtype jvp load new_stream new_thread_local_stream
    new_thread_unsafe_stream nonzero printoptions reset_peak_memory result_type save save_gguf save_safetensors savez
    savez_compressed set_cache_limit set_default_device set_default_stream set_memory_limit set_printoptions
    set_wired_limit stream synchronize unique_all unique_counts unique_inverse unique_values value_and_grad vjp vmap
    random.key random.seed qqmm gather_qqmm fast.cuda_kernel fast.metal_kernel fast.precompiled_cuda_kernel
""".split()
# Made of numbers alone.
CONSTANT = """
    arange bartlett blackman empty hamming hanning identity linspace ones zeros fft.fftfreq fft.rfftfreq
""".split()
# Rows that go by another name.
KNOWN_AS = {"conv1d": "conv", "conv_general": "conv", "hadamard_transform": "hadamard",
            "fast.gated_delta_update": "gated_delta", "fast.scaled_dot_product_attention": "sdpa"}
MODULES = {"": mx, "fft.": mx.fft, "linalg.": mx.linalg, "fast.": mx.fast, "random.": mx.random}


def test_every_function_has_a_row():
    rows = {row.name.split("-")[0] for table in ("array", "elementwise", "products")
            for row in import_module(f"rules_{table}").ROWS}
    exempt = {*NOT_TRANSFORMED, *CONSTANT}
    missing = [prefix + name for prefix, module in MODULES.items() for name in dir(module)
               if not name.startswith("_") and callable(getattr(module, name))
               and not inspect.isclass(getattr(module, name))
               and not {prefix + name, name, KNOWN_AS.get(prefix + name)} & rows and prefix + name not in exempt]
    assert not missing, missing
