"""One measurement of llama.cpp, through llama-cpp-python's C bindings, as one JSON line.

    llama_worker.py MODEL.gguf THREADS PROMPT_TOKENS GENERATED_TOKENS

Greedy decoding by llama.cpp's own sampler; nothing of Python is in the loop but the calls. The
prompt is given as token ids, the same as bench_lm takes.
"""

import json
import resource
import sys
import time


def main(path, threads, prompt_tokens, generated):
    import llama_cpp as ll
    quiet = ll.llama_log_callback(lambda level, text, data: None)
    ll.llama_log_set(quiet, None)
    ll.llama_backend_init()

    start = time.perf_counter()
    options = ll.llama_model_default_params()
    model = ll.llama_model_load_from_file(path.encode(), options)
    settings = ll.llama_context_default_params()
    settings.n_ctx, settings.n_batch, settings.n_ubatch = 2048, 512, 512
    settings.n_threads = settings.n_threads_batch = threads
    context = ll.llama_init_from_model(model, settings)
    sampler = ll.llama_sampler_init_greedy()
    memory = ll.llama_get_memory(context)
    loaded = time.perf_counter()

    def feed(ids):
        tokens = (ll.llama_token * len(ids))(*ids)
        if ll.llama_decode(context, ll.llama_batch_get_one(tokens, len(ids))):
            raise SystemExit("llama_decode failed")
        return ll.llama_sampler_sample(sampler, context, -1)

    def decode(token, count):
        begin = time.perf_counter()
        for _ in range(count):
            token = feed([token])
        return count / (time.perf_counter() - begin)

    ids = [(i * 7919 + 11) % 49000 + 100 for i in range(prompt_tokens)]
    token = feed(ids[:16])
    first = time.perf_counter()
    empty = decode(token, generated)
    ll.llama_memory_clear(memory, True)
    begin = time.perf_counter()
    token = feed(ids)
    prefill = prompt_tokens / (time.perf_counter() - begin)
    after = decode(token, generated)
    print(json.dumps({
        "load_s": loaded - start, "first_token_s": first - start, "prefill": prefill,
        "decode": after, "decode_empty": empty,
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:5]))
