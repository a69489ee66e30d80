"""Turn a llama gguf file into a folder that MLX-LM loads: the oracle's copy of the same weights.

    gguf_to_mlx.py MODEL.gguf FOLDER [--quantized]

Without --quantized every weight becomes float32. With it, Q4_0, Q4_1 and Q8_0 weights stay as codes
(affine, groups of 32) with float32 scales and biases, so that activations are float32 too.
Needs numpy and safetensors. Files written: config.json, model.safetensors, tokenizer.json,
tokenizer_config.json.
"""

import argparse
import json
import os

import numpy as np
from safetensors.numpy import save_file

from gguf_file import Gguf

NAMES = {
    "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm",
    "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
}
TOP = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}
CONTROL, USER_DEFINED = 3, 4


def module_name(name):
    """blk.3.attn_q.weight -> model.layers.3.self_attn.q_proj"""
    parts = name.removesuffix(".weight").split(".")
    if parts[0] == "blk":
        return f"model.layers.{parts[1]}.{NAMES[parts[2]]}"
    return TOP[parts[0]]


def unpermute(rows, heads):
    """gguf interleaves the two rotary halves of each head of q and k; MLX wants them apart."""
    size = rows.shape[0] // heads // 2
    return rows.reshape(heads, size, 2, -1).swapaxes(1, 2).reshape(rows.shape)


def pack(codes, bits):
    """Codes to uint32 words, the first code in the low bits."""
    per = 32 // bits
    words = np.zeros((codes.shape[0], codes.shape[1] // per), np.uint32)
    for i in range(per):
        words |= codes[:, i::per].astype(np.uint32) << np.uint32(i * bits)
    return words


def weights_of(gguf, quantized):
    arrays, kinds = {}, {}
    heads = {"attn_q": gguf.meta["llama.attention.head_count"],
             "attn_k": gguf.meta["llama.attention.head_count_kv"]}
    for name, tensor in gguf.tensors.items():
        if name == "rope_freqs.weight":
            continue
        module = module_name(name)
        head_count = heads.get(name.split(".")[-2])
        order = (lambda a, n=head_count: unpermute(a, n)) if head_count else (lambda a: a)
        if quantized and tensor.kind.startswith("Q"):
            codes, scales, biases, bits = tensor.affine()
            arrays[module + ".weight"] = pack(order(codes), bits)
            arrays[module + ".scales"] = np.ascontiguousarray(order(scales))
            arrays[module + ".biases"] = np.ascontiguousarray(order(biases))
            kinds[module] = bits
        else:
            arrays[module + ".weight"] = np.ascontiguousarray(order(tensor.float32()))
    return arrays, kinds


def config_of(gguf, kinds):
    meta = {k.removeprefix("llama."): v for k, v in gguf.meta.items() if k.startswith("llama.")}
    heads = meta["attention.head_count"]
    config = {
        "model_type": "llama", "architectures": ["LlamaForCausalLM"],
        "hidden_size": meta["embedding_length"], "num_hidden_layers": meta["block_count"],
        "intermediate_size": meta["feed_forward_length"], "num_attention_heads": heads,
        "num_key_value_heads": meta["attention.head_count_kv"],
        "head_dim": meta.get("rope.dimension_count", meta["embedding_length"] // heads),
        "rms_norm_eps": meta["attention.layer_norm_rms_epsilon"],
        "rope_theta": meta.get("rope.freq_base", 10000.0),
        "max_position_embeddings": meta["context_length"],
        "vocab_size": len(gguf.meta["tokenizer.ggml.tokens"]),
        "tie_word_embeddings": "output.weight" not in gguf.tensors,
        "bos_token_id": gguf.meta["tokenizer.ggml.bos_token_id"],
        "eos_token_id": gguf.meta["tokenizer.ggml.eos_token_id"],
        "torch_dtype": "float32",
    }
    if kinds:
        usual = max(set(kinds.values()), key=list(kinds.values()).count)
        quantization = {"group_size": 32, "bits": usual}
        for module, bits in kinds.items():
            if bits != usual:
                quantization[module] = {"group_size": 32, "bits": bits}
        config["quantization"] = quantization
    return config


def tokenizer_of(gguf):
    meta = gguf.meta
    if meta["tokenizer.ggml.model"] != "gpt2" or meta["tokenizer.ggml.pre"] != "smollm":
        raise SystemExit("only byte-level BPE with the smollm split is converted")
    tokens, types = meta["tokenizer.ggml.tokens"], meta["tokenizer.ggml.token_type"]
    added = [{"id": i, "content": tokens[i], "single_word": False, "lstrip": False,
              "rstrip": False, "normalized": False, "special": types[i] == CONTROL}
             for i in range(len(tokens)) if types[i] in (CONTROL, USER_DEFINED)]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True,
                  "use_regex": True}
    tokenizer = {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added,
        "normalizer": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Digits", "individual_digits": True}, byte_level]},
        "post_processor": None, "decoder": byte_level,
        "model": {"type": "BPE", "dropout": None, "unk_token": None,
                  "continuing_subword_prefix": None, "end_of_word_suffix": None,
                  "fuse_unk": False, "byte_fallback": False,
                  "vocab": {token: i for i, token in enumerate(tokens)},
                  "merges": meta["tokenizer.ggml.merges"]},
    }
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False,
        "bos_token": tokens[meta["tokenizer.ggml.bos_token_id"]],
        "eos_token": tokens[meta["tokenizer.ggml.eos_token_id"]],
        "model_max_length": meta["llama.context_length"],
        "chat_template": meta["tokenizer.chat_template"],
    }
    return tokenizer, config


def convert(path, folder, quantized):
    gguf = Gguf(path)
    if gguf.meta["general.architecture"] != "llama":
        raise SystemExit(f"{path}: architecture {gguf.meta['general.architecture']}, not llama")
    os.makedirs(folder, exist_ok=True)
    arrays, kinds = weights_of(gguf, quantized)
    save_file(arrays, os.path.join(folder, "model.safetensors"), metadata={"format": "mlx"})
    tokenizer, tokenizer_config = tokenizer_of(gguf)
    for name, value in (("config.json", config_of(gguf, kinds)), ("tokenizer.json", tokenizer),
                        ("tokenizer_config.json", tokenizer_config)):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
            json.dump(value, f, ensure_ascii=False, indent=1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("gguf")
    parser.add_argument("folder")
    parser.add_argument("--quantized", action="store_true")
    arguments = parser.parse_args()
    convert(arguments.gguf, arguments.folder, arguments.quantized)
