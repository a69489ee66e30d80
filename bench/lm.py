"""Language-model speed of this build beside llama.cpp, in one run, interleaved.

    ./dev bench [--peers] [--rounds N] [--threads 1 2] [--no-busy] [--json FILE]

Each round measures every contender once with every thread count, so that a change of the machine's
mood meets all of them. Shown is the best round and, in brackets, the median. "busy" is two threads
while another process keeps one core occupied; its measure is the decode rate against one thread
alone. Prompt and generated tokens are 512 and 128 unless told otherwise.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
# key, heading, unit scale, digits, is more better
COLUMNS = [
    ("prefill", "prefill t/s", 1, 0, True), ("decode", "decode t/s", 1, 1, True),
    ("decode_empty", "decode, empty", 1, 1, True), ("load_s", "load ms", 1000, 0, False),
    ("first_token_s", "first token ms", 1000, 0, False), ("rss_mb", "RSS MB", 1, 0, False),
]


def contenders(args):
    """name -> function of the thread count giving (command, environment)."""
    found = {}
    ours = os.path.join(args.bin, "bench_lm")
    sizes = [str(args.prompt_tokens), str(args.generate_tokens)]
    if os.access(ours, os.X_OK):
        found["cmlx"] = lambda n: ([ours, args.model, *sizes], {"MLX_NUM_THREADS": str(n)})
    if args.llama_python:
        worker = os.path.join(HERE, "llama_worker.py")
        found["llama.cpp"] = lambda n: ([args.llama_python, worker, args.model, str(n), *sizes], {})
    if not found:
        sys.exit(f"nothing to measure: no {ours}, no --llama-python")
    return found


def measure(command, env):
    """One run: the JSON object of its last line of output."""
    done = subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


class BusyCore:
    """A process that does nothing but occupy one core, bound to the last one we may use."""

    def __enter__(self):
        core = max(os.sched_getaffinity(0))
        code = f"import os\nos.sched_setaffinity(0, {{{core}}})\nwhile True: pass"
        self.process = subprocess.Popen([sys.executable, "-c", code])
        time.sleep(0.3)

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def collect(args, found):
    """(contender, case) -> list of results; a case is a thread count or 'busy'."""
    results = {}
    for round_number in range(args.rounds):
        for threads in args.threads:
            for name, make in found.items():
                results.setdefault((name, str(threads)), []).append(measure(*make(threads)))
        print(f"round {round_number + 1} of {args.rounds}", file=sys.stderr)
    if not args.no_busy:
        for name, make in found.items():
            with BusyCore():
                results[(name, "busy")] = [measure(*make(2)) for _ in range(2)]
    return results


def summary(runs):
    """key -> (best, median)."""
    out = {}
    for key, _, _, _, more in COLUMNS:
        values = [run[key] for run in runs if run.get(key) is not None]
        if values:
            out[key] = (max(values) if more else min(values), statistics.median(values))
    return out


def show(table, rounds):
    print(f"\n{'':10} {'threads':>7}" + "".join(f"{c[1]:>18}" for c in COLUMNS))
    for (name, case), row in sorted(table.items(), key=lambda item: (item[0][1], item[0][0])):
        cells = ""
        for key, _, scale, digits, _ in COLUMNS:
            if key in row:
                best, median = (f"{v * scale:.{digits}f}" for v in row[key])
                cells += f"{best + ' (' + median + ')':>18}"
            else:
                cells += f"{'-':>18}"
        print(f"{name:10} {case:>7}{cells}")
    print(f"best (median) of {rounds} rounds")


def ratios(table):
    """The comparisons that the project promises, as name -> number."""
    out = {}
    for case in sorted({case for _, case in table}):
        ours, peer = table.get(("cmlx", case)), table.get(("llama.cpp", case))
        if ours and peer and case != "busy":
            for key in ("prefill", "decode", "decode_empty"):
                out[f"{key}, {case} threads, over llama.cpp"] = ours[key][0] / peer[key][0]
    for name in {name for name, _ in table}:
        busy, alone = table.get((name, "busy")), table.get((name, "1"))
        if busy and alone:
            out[f"{name}: decode, 2 threads with a busy core over 1 thread alone"] = (
                busy["decode"][0] / alone["decode"][0])
    return out


def machine_facts(args):
    facts = {"system": platform.platform(), "load_average": os.getloadavg()[0]}
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as f:
            facts["cpu"] = next(l.split(":")[1].strip() for l in f if l.startswith("model name"))
    except (OSError, StopIteration):
        facts["cpu"] = platform.machine()
    probe = os.path.join(args.bin, "machine")
    if os.access(probe, os.X_OK):
        facts.update(measure([probe], {}))
    return facts


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bin", required=True, help="folder of the programs built")
    parser.add_argument("--model", required=True, help="gguf file")
    parser.add_argument("--llama-python", help="an interpreter that has llama_cpp")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--prompt-tokens", type=int, default=512)
    parser.add_argument("--generate-tokens", type=int, default=128)
    parser.add_argument("--no-busy", action="store_true", help="skip the busy-core case")
    parser.add_argument("--json", help="write all results here")
    args = parser.parse_args()

    facts = machine_facts(args)
    print(f"{facts['cpu']}, load average {facts['load_average']:.2f}")
    for row in facts.get("threads", []):
        print(f"  {row['threads']} threads: reads {row['read_gb_s']} GB/s, "
              f"float32 FMA {row['fma_f32_gflops']} GFLOP/s")
    results = collect(args, contenders(args))
    table = {key: summary(runs) for key, runs in results.items()}
    show(table, args.rounds)
    compared = ratios(table)
    for name, value in compared.items():
        print(f"{value:6.2f}  {name}")
    if args.json:
        runs = [{"name": n, "case": c, "runs": r} for (n, c), r in results.items()]
        with open(args.json, "w", encoding="utf-8") as f:
            json.dump({"machine": facts, "results": runs, "ratios": compared}, f, indent=1)


if __name__ == "__main__":
    main()
