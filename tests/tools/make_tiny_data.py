"""Writes tests/data/lm/tiny*: a random llama of 70,000 weights in the ways that models come, and
what the real MLX-LM computes from each.

    make_tiny_data.py gguf DIR     with the packages gguf and numpy: DIR/tiny.gguf
    make_tiny_data.py mlx DIR      with mlx-lm, after the former: DIR/tiny/ and DIR/tiny.json

The weights follow a rule (`weight`), which tests/lm/tiny.c carries out, too, so that the test writes
most of the folders itself. DIR/tiny is one that MLX-LM's own saving wrote: bfloat16, 4 bits.
"""

import json
import os
import shutil
import sys
import tempfile

import numpy as np

HIDDEN, FEED, HEADS, KV_HEADS, LAYERS, VOCABULARY = 64, 64, 4, 2, 2, 288
CONTROL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
TEMPLATE = ("{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + "
            "'<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}"
            "{{ '<|im_start|>assistant\n' }}{% endif %}")
PROMPT = [1, 84, 104, 101, 270, 37, 3, 287, 150, 44, 9]
STEPS = [17, 260, 99]
STRIDE = 2
MASK = (1 << 64) - 1


def weight(name, shape):
    """Whole numbers from a hash of the name, over a power of two: exact in every dtype."""
    seed = 0xcbf29ce484222325
    for byte in name.encode():
        seed = (seed ^ byte) * 0x100000001b3 & MASK
    n = int(np.prod(shape))
    with np.errstate(over="ignore"):
        x = np.uint64(seed) + np.arange(1, n + 1, dtype=np.uint64) * np.uint64(0x9e3779b97f4a7c15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xbf58476d1ce4e5b9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94d049bb133111eb)
        x ^= x >> np.uint64(31)
    k = (x >> np.uint64(40)).astype(np.int64) % 256 - 128
    value = 1 + k / 256 if "norm" in name else k / 512
    return value.astype(np.float32).reshape(shape)


def tensors(config):
    hidden, heads = config["hidden_size"], config["num_attention_heads"]
    size = config.get("head_dim", hidden // heads)
    q, kv = heads * size, config.get("num_key_value_heads", heads) * size
    feed = config["intermediate_size"]
    shapes = {"model.embed_tokens.weight": (VOCABULARY, hidden), "model.norm.weight": (hidden,)}
    if not config["tie_word_embeddings"]:
        shapes["lm_head.weight"] = (VOCABULARY, hidden)
    for i in range(config["num_hidden_layers"]):
        at = f"model.layers.{i}."
        shapes[at + "input_layernorm.weight"] = shapes[at + "post_attention_layernorm.weight"] = (hidden,)
        linears = {"self_attn.q_proj": (q, hidden), "self_attn.k_proj": (kv, hidden),
                   "self_attn.v_proj": (kv, hidden), "self_attn.o_proj": (hidden, q),
                   "mlp.gate_proj": (feed, hidden), "mlp.up_proj": (feed, hidden),
                   "mlp.down_proj": (hidden, feed)}
        for name, shape in linears.items():
            shapes[at + name + ".weight"] = shape
            if config.get("attention_bias" if "attn" in name else "mlp_bias"):
                shapes[at + name + ".bias"] = shape[:1]
    return {name: weight(name, shape) for name, shape in shapes.items()}


def base_config(**more):
    return {"model_type": "llama", "hidden_size": HIDDEN, "num_hidden_layers": LAYERS,
            "intermediate_size": FEED, "num_attention_heads": HEADS, "num_key_value_heads": KV_HEADS,
            "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "max_position_embeddings": 512,
            "vocab_size": VOCABULARY, "tie_word_embeddings": False, "bos_token_id": 1,
            "eos_token_id": 2, **more}


LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 64}
MIXED = {"group_size": 32, "bits": 4, "model.embed_tokens": {"group_size": 64, "bits": 8},
         "model.layers.1.mlp.down_proj": {"group_size": 32, "bits": 6},
         "model.layers.0.self_attn.v_proj": False, "lm_head": False}
# name, dtype, what config.json says beyond base_config.
CASES = [
    ("float32", "float32", {}),
    ("float32 tied", "float32", {"tie_word_embeddings": True}),
    ("bfloat16", "bfloat16", {}),
    ("float16 tied", "float16", {"tie_word_embeddings": True}),
    ("affine 4 bits by 32", "float32", {"quantization": {"group_size": 32, "bits": 4}}),
    ("affine 4 bits by 64, float16, tied", "float16",
     {"tie_word_embeddings": True, "quantization": {"group_size": 64, "bits": 4}}),
    ("affine mixed", "float32", {"quantization": MIXED}),
    ("affine mixed, bfloat16, tied", "bfloat16", {"tie_word_embeddings": True, "quantization": MIXED}),
    ("rope llama3", "float32", {"rope_scaling": LLAMA3}),
    ("rope llama3, bfloat16", "bfloat16", {"rope_scaling": LLAMA3}),
    ("rope linear", "float32", {"rope_scaling": {"type": "linear", "factor": 4.0}}),
    ("rope traditional", "float32", {"rope_traditional": True}),
    ("biases", "float32", {"attention_bias": True, "mlp_bias": True}),
    ("biases, 4 bits", "float32",
     {"attention_bias": True, "quantization": {"group_size": 64, "bits": 4}}),
    ("wide heads", "float32", {"head_dim": 32, "num_key_value_heads": 1}),
    ("as many key heads", "float32", {"num_key_value_heads": 4}),
]


def vocabulary():
    """256 byte symbols after the control tokens, then pairs of lower-case letters."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [b for b in range(256) if b not in shown]
    symbol = {b: chr(b) for b in shown} | {b: chr(256 + i) for i, b in enumerate(rest)}
    merges = ["t h", "th e", "i n", "e r", "a n", "r e", "o n", "a t", "e n", "o r", "i s", "in g",
              "Ġ t", "Ġ a", "Ġt h", "Ġth e", "o u", "s t", "l l", "h e", "n d", "an d", "Ġ s", "Ġ i",
              "a l", "i c", "i t", "e s", "u n"]
    tokens = CONTROL + [symbol[b] for b in range(256)] + [m.replace(" ", "") for m in merges]
    assert len(tokens) == len(set(tokens)) == VOCABULARY
    return tokens, merges


def write_gguf(folder):
    import gguf
    config, kinds = base_config(), gguf.GGMLQuantizationType
    names = {"input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm",
             "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
             "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
             "mlp.down_proj": "ffn_down", "model.embed_tokens": "token_embd",
             "model.norm": "output_norm", "lm_head": "output"}
    file = gguf.GGUFWriter(os.path.join(folder, "tiny.gguf"), "llama")
    file.add_block_count(LAYERS)
    file.add_context_length(512)
    file.add_embedding_length(HIDDEN)
    file.add_feed_forward_length(FEED)
    file.add_head_count(HEADS)
    file.add_head_count_kv(KV_HEADS)
    file.add_layer_norm_rms_eps(1e-5)
    file.add_rope_freq_base(10000.0)
    file.add_rope_dimension_count(HIDDEN // HEADS)
    tokens, merges = vocabulary()
    file.add_tokenizer_model("gpt2")
    file.add_tokenizer_pre("smollm")
    file.add_token_list(tokens)
    file.add_token_types([3] * len(CONTROL) + [1] * (VOCABULARY - len(CONTROL)))
    file.add_token_merges(merges)
    file.add_bos_token_id(1)
    file.add_eos_token_id(2)
    file.add_chat_template(TEMPLATE)
    for name, value in tensors(config).items():
        module = name.removesuffix(".weight")
        if module.startswith("model.layers."):
            _, _, layer, rest = module.split(".", 3)
            to = f"blk.{layer}.{names[rest]}.weight"
        else:
            to = names[module] + ".weight"
        heads = HEADS if "q_proj" in name else KV_HEADS
        if "q_proj" in name or "k_proj" in name:
            value = value.reshape(heads, 2, -1, HIDDEN).swapaxes(1, 2).reshape(value.shape)
        kind = (kinds.F32 if value.ndim == 1 else kinds.Q8_0 if "embed" in name else
                kinds.F16 if "v_proj" in name else kinds.Q4_0 if "up_proj" in name else kinds.Q4_1)
        raw = gguf.quants.quantize(np.ascontiguousarray(value), kind)
        file.add_tensor(to, raw, raw_dtype=kind)
    file.write_header_to_file()
    file.write_kv_data_to_file()
    file.write_tensors_to_file()
    file.close()


def run(folder, exact=False):
    """Every second logit after the prompt and after the last step; exact: computed in float32."""
    import mlx.core as mx
    from mlx_lm.models.cache import make_prompt_cache
    from mlx_lm.utils import load_model
    from pathlib import Path
    model, _ = load_model(Path(folder))
    if exact:
        model.set_dtype(mx.float32)
    cache, rows = make_prompt_cache(model), []
    for ids in [PROMPT] + [[id] for id in STEPS]:
        logits = model(mx.array([ids]), cache=cache)[0, -1].astype(mx.float32)
        rows.append([float(f"{v:.6g}") for v in logits.tolist()[::STRIDE]])
    return [rows[0], rows[-1]]


def write_folder(folder, dtype, config):
    import mlx.core as mx
    os.makedirs(folder, exist_ok=True)
    arrays, q = {}, config.get("quantization")
    for name, value in tensors(config).items():
        module, value = name.removesuffix(".weight"), mx.array(value).astype(getattr(mx, dtype))
        own = q.get(module, q) if q else None
        if own and value.ndim == 2:
            codes, scales, biases = mx.quantize(value, own["group_size"], own["bits"])
            arrays |= {name: codes, module + ".scales": scales, module + ".biases": biases}
        else:
            arrays[name] = value
    mx.save_safetensors(os.path.join(folder, "model.safetensors"), arrays)
    with open(os.path.join(folder, "config.json"), "w") as f:
        json.dump(config, f)


def write_mlx(folder):
    from gguf_to_mlx import convert
    import mlx_lm
    cases, tiny = [], os.path.join(folder, "tiny")
    with tempfile.TemporaryDirectory() as temp:
        at = os.path.join(temp, "gguf")
        convert(os.path.join(folder, "tiny.gguf"), at, True)
        gguf_rows = run(at)
        for index, (name, dtype, more) in enumerate(CASES):
            config, here = base_config(**more), os.path.join(temp, str(index))
            write_folder(here, dtype, config)
            cases.append({"name": name, "dtype": dtype, "config": config, "logits": run(here)})
            if dtype != "float32":
                cases[-1]["exact"] = run(here, True)
        plain = os.path.join(temp, "plain")
        write_folder(plain, "bfloat16", base_config(tie_word_embeddings=True))
        for name in ("tokenizer.json", "tokenizer_config.json"):
            shutil.copy(os.path.join(at, name), plain)
        shutil.rmtree(tiny, ignore_errors=True)
        mlx_lm.convert(plain, tiny, quantize=True, q_bits=4, q_group_size=64)
    for extra in ("README.md", ".gitattributes"):
        if os.path.exists(os.path.join(tiny, extra)):
            os.remove(os.path.join(tiny, extra))
    out = {"prompt": PROMPT, "steps": STEPS, "stride": STRIDE, "gguf": gguf_rows,
           "folder": run(tiny), "folder_exact": run(tiny, True), "cases": cases}
    with open(os.path.join(folder, "tiny.json"), "w") as f:
        json.dump(out, f, separators=(",", ":"))
        f.write("\n")


if __name__ == "__main__":
    {"gguf": write_gguf, "mlx": write_mlx}[sys.argv[1]](sys.argv[2])
