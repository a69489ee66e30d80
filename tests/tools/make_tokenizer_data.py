"""Makes tests/data/tokenizer: small tokenizers of every kind that lm/tokenizer reads, and what the
Hugging Face `tokenizers` package gives for chosen and random texts.

    python tests/tools/make_tokenizer_data.py OUT [--vocab 440] [--texts 15] [--train FILE ...]

Each NAME.json is a tokenizer.json. expected.json holds the texts and, for each NAME and text,
[how, ids], or [how, ids, decoded] where decoding does not give the text back; how is
1 add_special + 2 parse_special + 4 skip_special. Training breaks ties in hash order, so another run
makes other tokenizers.
"""

import argparse
import json
import os
import random

from tokenizer_diff import CHUNKS, random_text
from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

SUFFIX = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
TAIL = r"|\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA3 = SUFFIX + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*" + TAIL
QWEN2 = SUFFIX + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*" + TAIL
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
O200K = (
    rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+{SUFFIX}?|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*{SUFFIX}?"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*" + TAIL
)
DEEPSEEK = [
    r"\p{N}{1,3}",
    "[一-龥぀-ゟ゠-ヿ]+",
    r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*"""
    + TAIL,
]
KIMI = (
    r"[\p{Han}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*" + TAIL
)

CORPUS = [
    "The quick brown fox jumps over the lazy dog. It's what they'd said; we'll see, I'm sure you've heard.",
    "Once upon a time there was a tokenizer that read the words of the world, and the world was in its words.",
    "def encode(self, text):\n    for i in range(10):\n        print(f'{i}: {text[i]}')\n\treturn [0x1F, 3.14159, 1e-9]\r\n",
    "Ein Tag im März: Größe, Füße, Übermut. Ça va? Élève, naïve, cœur. Señor, mañana, ¿qué? Žluťoučký kůň.",
    "Съешь ещё этих мягких французских булок, да выпей чаю. Ξεσκεπάζω την ψυχοφθόρα βδελυγμία.",
    "نص حكيم له سر قاطع وذو شأن عظيم 0123456789 ٠١٢٣. דג סקרן שט בים מאוכזב ולפתע מצא חברה.",
    "ऋषियों को सताने वाले दुष्ट राक्षसों के राजा रावण का। เป็นมนุษย์สุดประเสริฐเลิศคุณค่า",
    "我能吞下玻璃而不伤身体。いろはにほへと ちりぬるを。色は匂へど カタカナ。一〆一〆一〆다람쥐 헌 쳇바퀴에 타고파.",
    "👨‍👩‍👧‍👦 🏳️‍🌈 😀😃 👍🏽 ❤️ e\u0301 o\u0308 ﬁ ½ ² Å \u212b ǆ ẛ̣",
    "12345 67890 1,000,000 $3.50 100% (a+b)*c == d && !e || f <= g -> h; http://example.com/path?x=1&y=2#z",
    "    four  spaces\n\n\n\ttabs\t\there \r\n\r\n end   ",
] * 3

TEXTS = [
    "",
    " ",
    "a",
    "Hello, world!",
    *CORPUS[:11],
    "".join(CHUNKS),
    *CHUNKS[7:30:3],
    "<|im_start|>user\nHi <|im_end|>\n",
    "x<mask> y <mask>\n z",
    "a word wordy, word! WORD",
    "aaaa" * 40,
    "the " * 20 + "therefore" * 12,
    "\u0301\u0316\u0301\u0327" * 8,
    "\x7f\x80\x9f",
    "e\u0301a\u0323\u0307 \u1112\u1161\u11ab",
    "  <mask>  x<mask>word word",
    "a\x85<mask>\x85 <mask>",
    "b\x85<mask>\x85c",
    "一〆一〆a\u3005 \u3007x",
    "queue, beautiful oulill moo vowel",
    "nospace" * 30 + "\n" * 9 + " " * 70,
]

BYTES = pre_tokenizers.ByteLevel.alphabet()


def byte_level(use_regex=True, prefix=False):
    return pre_tokenizers.ByteLevel(add_prefix_space=prefix, use_regex=use_regex)


def split(pattern, behavior="isolated", invert=False):
    return pre_tokenizers.Split(Regex(pattern), behavior, invert)


def trained(lines, size, pre, norm=None, special=(), alphabet=BYTES, **model):
    t = Tokenizer(models.BPE(**model))
    # merges learnt without the splits reach over them, so that a wrong split shows in the ids
    crosses = alphabet is BYTES and not model.get("end_of_word_suffix")
    t.pre_tokenizer = byte_level(False) if crosses else pre
    t.decoder = decoders.ByteLevel()
    if norm:
        t.normalizer = norm
    args = (
        {"end_of_word_suffix": model["end_of_word_suffix"]} if "end_of_word_suffix" in model else {}
    )
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        initial_alphabet=alphabet,
        special_tokens=list(special),
        show_progress=False,
        **args,
    )
    t.train_from_iterator(lines, trainer)
    t.pre_tokenizer = pre
    return t


def sentencepiece(lines, size, metaspace=None):
    special = ["<unk>", "<s>", "</s>"] + [f"<0x{i:02X}>" for i in range(256)]
    t = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    prepend = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    if metaspace:
        t.pre_tokenizer = pre_tokenizers.Metaspace(
            prepend_scheme=metaspace, split=metaspace == "always"
        )
        t.decoder = decoders.Sequence(
            [
                decoders.Replace("▁", " "),
                decoders.ByteFallback(),
                decoders.Fuse(),
                decoders.Strip(" ", 1, 0),
            ]
        )
    if metaspace == "always":
        t.decoder = decoders.Metaspace(prepend_scheme="always")
    trainer = trainers.BpeTrainer(
        vocab_size=size + 80, special_tokens=special, limit_alphabet=80, show_progress=False
    )
    lines = (
        lines
        if metaspace
        else [w for l in lines for w in prepend.normalize_str(l).replace("▁", " ▁").split()]
    )
    t.train_from_iterator(lines, trainer)
    if not metaspace:
        t.normalizer = prepend
        t.decoder = decoders.Sequence(
            [
                decoders.Replace("▁", " "),
                decoders.ByteFallback(),
                decoders.Fuse(),
                decoders.Strip(" ", 1, 0),
            ]
        )
    data = json.loads(t.to_str())
    data["added_tokens"] = data["added_tokens"][:3]  # the byte tokens are the model's own
    t = Tokenizer.from_str(json.dumps(data))
    t.post_processor = processors.TemplateProcessing("<s> $A", "<s> $A <s> $B", [("<s>", 1)])
    return t


def byte_level_kinds(lines, size):
    """The published splitting rules over the byte alphabet."""
    seq = pre_tokenizers.Sequence
    chat = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    out = {}
    out["gpt2"] = trained(lines, size, byte_level(), special=["<|endoftext|>"])
    out["smollm"] = trained(
        lines, size, seq([pre_tokenizers.Digits(True), byte_level()]), special=chat
    )
    t = out["llama3"] = trained(
        lines, size, seq([split(LLAMA3), byte_level(False)]), special=chat, ignore_merges=True
    )
    t.post_processor = processors.Sequence(
        [
            processors.ByteLevel(trim_offsets=False),
            processors.TemplateProcessing(
                "<|im_start|> $A <|endoftext|>",
                "<|im_start|> $A <|im_start|> $B",
                [("<|im_start|>", 1), ("<|endoftext|>", 0)],
            ),
        ]
    )
    t = out["qwen2"] = trained(
        lines, size, seq([split(QWEN2), byte_level(False)]), normalizers.NFC()
    )
    t.add_special_tokens(chat)
    t.add_tokens(
        [
            AddedToken("<tool>", special=False, normalized=False),
            AddedToken("\u212bng", special=False, normalized=True),
        ]
    )
    out["o200k"] = trained(lines, size, seq([split(O200K), byte_level(False)]), special=chat)
    out["deepseek"] = trained(
        lines, size, seq([split(p) for p in DEEPSEEK] + [byte_level(False)]), special=chat
    )
    out["kimi"] = trained(lines, size, seq([split(KIMI), byte_level(False)]), special=chat)
    out["falcon"] = trained(
        lines,
        size,
        seq(
            [
                pre_tokenizers.Punctuation("contiguous"),
                byte_level(),
                pre_tokenizers.Digits(False),
                split("[0-9][0-9][0-9]"),
            ]
        ),
    )
    t = out["roberta"] = trained(
        lines, size, byte_level(prefix=True), special=["<s>", "</s>", "<unk>"]
    )
    t.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True)])
    t.post_processor = processors.RobertaProcessing(("</s>", 1), ("<s>", 0), add_prefix_space=True)
    return out


def other_kinds(lines, size):
    """SentencePiece's rules, and settings that no model combines so."""
    seq = pre_tokenizers.Sequence
    out = {}
    out["llama2"] = sentencepiece(lines, size)
    out["mistral"] = sentencepiece(lines, size, "first")
    out["metaspace"] = sentencepiece(lines, size, "always")
    t = out["words"] = trained(
        lines,
        size,
        seq([pre_tokenizers.Whitespace(), pre_tokenizers.Punctuation()]),
        normalizers.Sequence(
            [
                normalizers.NFKD(),
                normalizers.StripAccents(),
                normalizers.Lowercase(),
                normalizers.Strip(),
                normalizers.Replace(Regex(r"\d\d"), "#"),
            ]
        ),
        special=["<unk>"],
        alphabet=[],
        unk_token="<unk>",
    )
    t.decoder = None
    t.add_tokens(
        [
            AddedToken("word", single_word=True),
            AddedToken("<mask>", rstrip=True, lstrip=True),
            AddedToken("WORD", normalized=False),
            AddedToken("The fox", normalized=True),
        ]
    )
    out["clip"] = trained(
        lines,
        size + 300,
        seq([split(r"'s|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+", "removed", True), byte_level(False)]),
        normalizers.Sequence(
            [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
        ),
        special=["<unk>"],
        unk_token="<unk>",
        end_of_word_suffix="</w>",
    )
    out["behaviors"] = trained(
        lines,
        size,
        seq(
            [
                split("[aeiou]", "merged_with_previous"),
                split("[t-w]+", "merged_with_next"),
                split(r"\s", "contiguous"),
                split("[bcd]", "contiguous", True),
                pre_tokenizers.Split("o", "merged_with_next", True),
                split("l|(?=m)", "merged_with_previous", True),
                pre_tokenizers.CharDelimiterSplit("_"),
                byte_level(False),
            ]
        ),
    )
    return out


def build(lines, size):
    return byte_level_kinds(lines, size) | other_kinds(lines, size)


def cases(t, texts):
    out = []
    for i, text in enumerate(texts):
        add, parse, skip = i % 2 == 0, i % 3 != 0, i % 4 < 2
        t.encode_special_tokens = not parse
        ids = t.encode(text, add_special_tokens=add).ids
        decoded = t.decode(ids, skip_special_tokens=skip)
        out.append([add + 2 * parse + 4 * skip, ids] + ([decoded] if decoded != text else []))
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--vocab", type=int, default=440)
    parser.add_argument("--texts", type=int, default=15)
    parser.add_argument("--train", nargs="*", default=[])
    args = parser.parse_args()
    lines = list(CORPUS)
    for path in args.train:
        with open(path, errors="replace") as f:
            lines += f.read().splitlines(keepends=True)
    os.makedirs(args.out, exist_ok=True)
    rng, expected = random.Random(7), {}
    texts = TEXTS + [random_text(rng) for _ in range(args.texts)]
    for name, t in build(lines, args.vocab).items():
        data = json.loads(t.to_str())
        if name in ("smollm", "llama2"):  # the older spelling of merges
            data["model"]["merges"] = [" ".join(m) for m in data["model"]["merges"]]
        with open(os.path.join(args.out, name + ".json"), "w") as f:
            json.dump(data, f, ensure_ascii=False, separators=(",", ":"))
        expected[name] = cases(t, texts)
    with open(os.path.join(args.out, "expected.json"), "w") as f:
        json.dump(
            {"texts": texts, "tokenizers": expected}, f, ensure_ascii=False, separators=(",", ":")
        )


if __name__ == "__main__":
    main()
