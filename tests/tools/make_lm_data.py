"""Record what the real MLX-LM generates greedily, for tests of lm/ to compare with.

    make_lm_data.py FOLDER OUT.json          (FOLDER from gguf_to_mlx.py; needs mlx-lm)

For each prompt: its token ids, 64 greedy tokens (generation runs on past end tokens), and at each
step the two highest logits, so that a near-tie can be told from an error. For the cases with
"logits": the prompt's last position, every 256th logit, and sums over all of them.
"""

import json
import sys
import time

import mlx.core as mx
import mlx_lm
from mlx_lm.generate import generate_step

TOKENS = 64
STRIDE = 256
LONG = ("The history of bridges is a history of materials. The first bridges were logs laid across "
        "streams, and stones set in shallow water. The Romans built arches of cut stone and used a "
        "kind of concrete made with volcanic ash, and many of their bridges still stand. In the "
        "Middle Ages, towns paid for bridges with tolls and with houses and shops built on them. "
        "Iron came in 1779, at Coalbrookdale in England, and steel about a century later. With "
        "steel cable, engineers could hang a road from towers: the Brooklyn Bridge opened in 1883 "
        "and the Golden Gate Bridge in 1937. Prestressed concrete, invented between the wars, made "
        "long slender beams cheap. Today the longest spans, over two kilometres, are again hung "
        "from cables, and sensors report every movement to a control room. ")
# (chat, text): through the chat template, or as it stands.
PROMPTS = [
    (True, "What is the capital of France?"),
    (True, "Write a haiku about the sea."),
    (True, "Explain in two sentences why the sky is blue."),
    (True, "List three uses of copper."),
    (True, "Translate to French: The cat sleeps on the table."),
    (True, "What is 12 + 30? Show the steps."),
    (True, "Write a Python function that reverses a string."),
    (True, "Who wrote Romeo and Juliet, and when?"),
    (True, "Give me a recipe for pancakes with exact amounts: 250 g flour, 2 eggs, 500 ml milk."),
    (True, "Tell me a short story about a robot who learns to paint."),
    (True, "¿Cuál es la capital de España? Responde en español."),
    (True, "日本の首都はどこですか？"),
    (True, "Summarise: " + LONG),
    (True, "hello"),
    (True, "What are the differences between a list and a tuple in Python?\n\n- speed\n- mutability"),
    (True, "Say \"yes\" or \"no\": is 1999 a leap year?"),
    (False, "Once upon a time"),
    (False, "def fibonacci(n):\n    \"\"\"Return the n-th Fibonacci number.\"\"\"\n"),
    (False, "The three primary colours are"),
    (False, LONG + LONG.replace("bridges", "tunnels") + "In short,"),
]
WITH_LOGITS = (0, 6, 11, 12, 16)


def run(model, ids, keep_logits):
    """Greedy tokens, the top two (id, logit) of each step, the first step's logits if asked."""
    seen = []

    def watch(_, logits):
        seen.append(logits[-1] if logits.ndim == 2 else logits)
        return logits

    tokens = [int(token) for token, _ in generate_step(
        mx.array(ids), model, max_tokens=TOKENS, logits_processors=[watch])]
    top = []
    for logits in seen[:TOKENS]:
        row = logits.astype(mx.float32)
        two = mx.argsort(-row)[:2].tolist()
        top.append([[i, round(row[i].item(), 5)] for i in two])
    record = {"prompt_ids": ids, "generated_ids": tokens, "top2": top}
    if keep_logits:
        row = seen[0].astype(mx.float32)
        record["logits"] = {
            "stride": STRIDE, "values": [round(v, 5) for v in row[::STRIDE].tolist()],
            "sum": row.sum().item(), "norm": mx.sqrt((row * row).sum()).item()}
    return record


def main(folder, out):
    model, tokenizer = mlx_lm.load(folder)
    cases, start = [], time.time()
    for index, (chat, text) in enumerate(PROMPTS):
        if chat:
            ids = tokenizer.apply_chat_template([{"role": "user", "content": text}],
                                                add_generation_prompt=True)
            ids = list(ids["input_ids"] if hasattr(ids, "keys") else ids)
        else:
            ids = tokenizer.encode(text, add_special_tokens=False)
        record = run(model, ids, index in WITH_LOGITS)
        record = {"chat": chat, "prompt": text, **record,
                  "text": tokenizer.decode(record["generated_ids"])}
        cases.append(record)
        print(f"{index} {time.time() - start:.0f} s {record['text'][:70]!r}", flush=True)
    quantized = any(".scales" in name for name, _ in _leaves(model))
    head = {"model": "SmolLM2-135M-Instruct.Q4_1.gguf",
            "weights": "affine 4-bit, float32 activations" if quantized else "float32",
            "oracle": f"mlx-lm {mlx_lm.__version__}, mlx {mx.__version__}", "cases": cases}
    with open(out, "w", encoding="utf-8") as f:
        json.dump(head, f, ensure_ascii=False, separators=(",", ":"))
        f.write("\n")


def _leaves(model):
    from mlx.utils import tree_flatten
    return tree_flatten(model.parameters())


if __name__ == "__main__":
    main(*sys.argv[1:3])
