"""Measures the engines alone, by nngrid-bench, as shares of the FMA peak of the same core."""
import json
import os
import subprocess

# What a workload is to reach: a share of the peak, or cycles for an epoch of a network on an instruction set.
SHARES = {"784-512-512-10": 0.80, "784-128-10": 0.75, "400-25-10-full": 0.60, "64-32-10": 0.48,
          "400-25-10-batch-1": 0.12}
CYCLES = {"xor-2-4-1": {"avx512": 31, "avx2": 62}}
QUICK = ["--fewer", "16", "--repeat", "3", "--seconds", "0.05"]


def bench(program, cpus, *arguments):
    done = subprocess.run([program, *arguments], capture_output=True, text=True,
                          preexec_fn=lambda: os.sched_setaffinity(0, cpus))
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    return [json.loads(line) for line in done.stdout.splitlines()]


def names(program):
    """Workloads, and the instruction sets of this CPU."""
    done = subprocess.run([program, "--list"], capture_output=True, text=True, check=True)
    lines = [line.split() for line in done.stdout.splitlines()]
    return ([words[1] for words in lines if words[0] == "workload"],
            [words[1] for words in lines if words[0] == "isa" and len(words) == 2])


def peaks(program, cpus):
    """FMA peak and clock, of one core and of all at once."""
    return [line for n in sorted({1, len(cpus)})
            for line in bench(program, cpus[-n:], "--peak", "--repeat", "15", "--threads", str(n))]


def peak_scaling(peaks):
    """How the peak itself grows from one core to all: what a thread can add at most."""
    newest = [peak["peak_flops"] for peak in peaks if peak["isa"] == peaks[-1]["isa"]]
    return newest[-1] / newest[0]


def target(line):
    """Text of the target, and whether it is met; None where there is none."""
    if line["workload"] in SHARES:
        share = SHARES[line["workload"]]
        return f"{share:.0%} of peak", line["share"] >= share
    cycles = CYCLES.get(line["workload"], {}).get(line["isa"])
    return (f"{cycles} cycles", line["cycles"] <= cycles) if cycles else (None, None)


def show(line):
    wanted, met = target(line)
    words = f" (target {wanted}: {'met' if met else 'missed'})" if wanted else ""
    disturbed = "  DISTURBED: other work ran on these cores" if line["busy"] < 0.97 else ""
    print(f"  {line['workload']:18} {line['engine']:9} {line['isa']:8} {line['threads']:2} threads  "
          f"{line['share']:6.1%} of peak  {line['flops_a_second'] / 1e9:8.1f} GFLOP/s  {line['ns']:12.5g} ns  "
          f"{line['cycles']:12.5g} cycles"
          f"{words}{disturbed}", flush=True)


def run(program, cpus, quick, only, sets):
    """Every workload on every instruction set with one thread, and on the newest with all."""
    lines = []
    for workload in only:
        for isa in sets:
            for threads in sorted({1, len(cpus)} if isa == sets[-1] else {1}):
                line = bench(program, cpus[-threads:], "--workload", workload, "--isa", isa, "--threads", str(threads),
                             *(QUICK if quick else []))[0]
                show(line)
                lines.append(line)
    return lines
