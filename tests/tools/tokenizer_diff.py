"""Compares lm/tokenizer with the Hugging Face `tokenizers` package on random and chosen texts.

    tokenizer_diff.py --library libtok.so [--count 2000] [--seed 1] tokenizer.json ...

The library is any shared object that holds lm/tokenizer*.c, lm/json.c and lm/error.c. Characters
that Python's own tables do not know are left out; the tables of the package's normalizers and of
Punctuation are older still, so a rare difference there is one of Unicode versions.
"""

import argparse
import ctypes
import random
import sys
import unicodedata

from tokenizers import Tokenizer

I32P = ctypes.POINTER(ctypes.c_int32)


class Ours:
    def __init__(self, library, path):
        self.lib = lib = ctypes.CDLL(library)
        self.free = ctypes.CDLL(None).free
        self.free.argtypes = [ctypes.c_void_p]
        lib.lm_error_text.restype = ctypes.c_char_p
        lib.lm_tokenizer_from_json.argtypes = [
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_size_t,
            ctypes.c_char_p,
            ctypes.c_size_t,
        ]
        lib.lm_tokenizer_encode.argtypes = [
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_size_t,
            ctypes.c_bool,
            ctypes.c_bool,
            ctypes.c_void_p,
            ctypes.c_void_p,
        ]
        lib.lm_tokenizer_decode.argtypes = [
            ctypes.c_void_p,
            I32P,
            ctypes.c_size_t,
            ctypes.c_bool,
            ctypes.c_void_p,
            ctypes.c_void_p,
        ]
        lib.lm_tokenizer_size.argtypes = [ctypes.c_void_p]
        lib.lm_tokenizer_size.restype = ctypes.c_size_t
        lib.lm_detok_new.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_bool]
        lib.lm_detok_feed.argtypes = [
            ctypes.c_void_p,
            ctypes.c_int32,
            ctypes.c_void_p,
            ctypes.c_void_p,
        ]
        lib.lm_detok_finish.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
        lib.lm_detok_free.argtypes = [ctypes.c_void_p]
        self.t = ctypes.c_void_p()
        text = open(path, "rb").read()
        self.check(lib.lm_tokenizer_from_json(ctypes.byref(self.t), text, len(text), None, 0))

    def check(self, rc):
        if rc:
            raise RuntimeError(self.lib.lm_error_text().decode(errors="replace"))

    def encode(self, text, add_special=False, parse_special=True):
        data, ids, n = text.encode(), I32P(), ctypes.c_size_t()
        self.check(
            self.lib.lm_tokenizer_encode(
                self.t,
                data,
                len(data),
                add_special,
                parse_special,
                ctypes.byref(ids),
                ctypes.byref(n),
            )
        )
        out = ids[: n.value]
        self.free(ids)
        return out

    def decode(self, ids, skip_special):
        array = (ctypes.c_int32 * max(1, len(ids)))(*ids)
        text, n = ctypes.c_void_p(), ctypes.c_size_t()
        self.check(
            self.lib.lm_tokenizer_decode(
                self.t, array, len(ids), skip_special, ctypes.byref(text), ctypes.byref(n)
            )
        )
        out = ctypes.string_at(text, n.value)
        self.free(text)
        return out.decode()

    def stream(self, ids, skip_special):
        d, text, n, parts = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_size_t(), []
        self.check(self.lib.lm_detok_new(ctypes.byref(d), self.t, skip_special))
        for i in ids:
            self.check(self.lib.lm_detok_feed(d, i, ctypes.byref(text), ctypes.byref(n)))
            parts.append(ctypes.string_at(text, n.value).decode())
        self.check(self.lib.lm_detok_finish(d, ctypes.byref(text), ctypes.byref(n)))
        parts.append(ctypes.string_at(text, n.value).decode())
        self.lib.lm_detok_free(d)
        return "".join(parts)


RANGES = [
    (0x20, 0x7E),
    (0x20, 0x7E),
    (0x30, 0x39),
    (0x00, 0x1F),
    (0x80, 0x24F),
    (0x250, 0x36F),
    (0x370, 0x52F),
    (0x590, 0x6FF),
    (0x900, 0x97F),
    (0xE00, 0xE7F),
    (0x1100, 0x11FF),
    (0x1E00, 0x1FFF),
    (0x2000, 0x206F),
    (0x2070, 0x218F),
    (0x2190, 0x2BFF),
    (0x3000, 0x30FF),
    (0x4E00, 0x4FFF),
    (0xAC00, 0xAD00),
    (0xF900, 0xFAFF),
    (0xFB00, 0xFDFF),
    (0xFE00, 0xFFEF),
    (0x1D400, 0x1D7FF),
    (0x1F300, 0x1FAFF),
    (0xE0100, 0xE01EF),
    (0x0, 0x10FFFF),
]
CHUNKS = [
    " ",
    "  ",
    "   ",
    "\n",
    "\r\n",
    "\n\n",
    "\t",
    " \n",
    "\n ",
    "'s",
    "'S",
    "'ll",
    "'VE",
    "'\u017f",
    "don't",
    "I'M",
    "123",
    "1234567",
    "3.14",
    "\u00bd\u0663",
    "hello",
    " world",
    "The",
    "e\u0301",
    "\u0301",
    "\u1e9b\u0323",
    "\u212b",
    "\u1100\u1161\u11a8",
    "\u0f73\u0f71",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\U0001f1e9\U0001f1ea",
    "\u2581",
    "\u2581a",
    "<|im_start|>",
    "<|im_end|>",
    "<|endoftext|>",
    "<s>",
    "</s>",
    "<unk>",
    "<mask>",
    " <mask> ",
    "<0x41>",
    "def f(x):\n    return x",
    "://",
    "...",
    "!!!\n\n",
    "\u0130\u0131",
    "\ufb01",
    "\u00a0",
    "\u3000",
    "\u180e",
    "\u200b",
    "\ufeff",
    "\u2028",
    "word",
    "wordword",
    "_x_",
    "\x00",
    "\u0085",
    "\u4f60\u597d",
    "\u00ad",
]


def known(c):
    return unicodedata.category(c) not in ("Cs", "Cn")


def random_text(rng):
    parts = []
    for _ in range(rng.choice((1, 2, 3, 5, 10, 30))):
        if rng.random() < 0.5:
            parts.append(rng.choice(CHUNKS))
        else:
            low, high = rng.choice(RANGES)
            parts.append(
                "".join(
                    c
                    for c in (chr(rng.randint(low, high)) for _ in range(rng.randint(1, 6)))
                    if known(c)
                )
            )
    return "".join(parts)


def compare(ours, theirs, text, ids, tell):
    bad = 0
    for parse in (True, False):
        theirs.encode_special_tokens = not parse
        for add in (True, False):
            want, got = theirs.encode(text, add_special_tokens=add).ids, ours.encode(
                text, add, parse
            )
            if want != got:
                bad += 1
                tell(f"encode add={add} parse={parse} {text!r}\n  want {want}\n  got  {got}")
    for ids in (ids, ours.encode(text, True)):
        for skip in (True, False):
            want = theirs.decode(ids, skip_special_tokens=skip)
            for name, got in (
                ("decode", ours.decode(ids, skip)),
                ("stream", ours.stream(ids, skip)),
            ):
                if want != got:
                    bad += 1
                    tell(f"{name} skip={skip} {ids}\n  want {want!r}\n  got  {got!r}")
    return bad


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--library", required=True)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=5)
    parser.add_argument("files", nargs="+")
    args = parser.parse_args()
    total = 0
    for path in args.files:
        rng, bad, shown = random.Random(args.seed), 0, [0]

        def tell(what):
            shown[0] += 1
            if shown[0] <= args.show:
                print(what)

        try:
            ours, theirs = Ours(args.library, path), Tokenizer.from_file(path)
        except RuntimeError as e:
            print(f"{path}: {e}")
            total += 1
            continue
        size = ours.lib.lm_tokenizer_size(ours.t)
        for _ in range(args.count):
            ids = [rng.randrange(size) for _ in range(rng.randint(0, 12))]
            bad += compare(ours, theirs, random_text(rng), ids, tell)
        print(f"{path}: {args.count} texts, {bad} differences")
        total += bad
    sys.exit(total != 0)


if __name__ == "__main__":
    main()
