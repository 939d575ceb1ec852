"""Measures other tools on the same grids, each in a process of its own on one core."""
import dataclasses
import importlib.util
import json
import os
import pathlib
import shutil
import subprocess
import sys

import blas

HERE = pathlib.Path(__file__).resolve().parent


@dataclasses.dataclass
class Tool:
    name: str
    module: str
    function: str
    needs: str  # Python module, or program
    grids: dict  # runs that are trained (None: all); the time of the rest is what these took on average

    def missing(self):
        return not (importlib.util.find_spec(self.needs) or shutil.which(self.needs))


FEW = {"ex4-stochastic": 2, "mnist-128": 1, "mnist-512-512": 1}  # all runs of these cost the same
ALL = {"digits": None, "ex4-full": None}
TOOLS = [
    Tool("numpy", "peer_numpy", "loop", "numpy", {"xor": 2, **ALL, **FEW}),
    Tool("numpy, all runs in one array", "peer_numpy", "all_at_once", "numpy", {"xor": None}),
    Tool("torch", "peer_torch", "loop", "torch", {"xor": 1, **ALL, **FEW}),
    Tool("torch, runs batched", "peer_torch", "batched", "torch",
         {"xor": None, **ALL, "ex4-stochastic": None, "mnist-128": None, "mnist-512-512": None}),
    Tool("scikit-learn", "peer_sklearn", "loop", "sklearn", {"xor": 2, **ALL, **FEW}),
    Tool("C with a BLAS", "peer_blas", "loop", "cc", {**ALL, **FEW, "ex4-stochastic": None}),
]


def find(name):
    return next(tool for tool in TOOLS if tool.name == name)


def run(tool, grid, quick, file, cpu):
    """Returns what peer.py prints; raises CalledProcessError."""
    command = [sys.executable, "-B", HERE / "peer.py", tool.name, grid.name, "quick" if quick else "full", file or ""]
    done = subprocess.run(list(map(str, command)), env=blas.environment(blas.fastest(cpu)["core"]), capture_output=True, text=True, check=True,
                          preexec_fn=lambda: os.sched_setaffinity(0, {cpu}))
    return json.loads(done.stdout.splitlines()[-1])


def run_all(grid, quick, file, cpu, repeat):
    """[{tool, seconds, ...}], the fastest of `repeat` for each tool that can train this grid and is there."""
    results = []
    for tool in TOOLS:
        if grid.name not in tool.grids:
            continue
        if tool.missing():
            print(f"  {grid.name:15} {tool.name}: left out, no {tool.needs} here (scripts/setup.sh lists the packages)")
            continue
        try:
            tries = [run(tool, grid, quick, file, cpu) for _ in range(repeat)]
            best = min(tries, key=lambda r: r["seconds"])
            best["least_cpu_seconds"] = min(r["seconds"] * r["busy"] for r in tries)
        except subprocess.CalledProcessError as error:
            print(f"  {grid.name:15} {tool.name}: failed: {error.stderr.strip().splitlines()[-1]}")
            continue
        part = "" if best["runs"] == best["of"] else \
            f" (scaled from {best['runs']} of {best['of']} runs: {best['measured_seconds']:.3g} s)"
        busy = "" if best["busy"] > 0.97 else "  DISTURBED: other work ran on this core"
        print(f"  {grid.name:15} {tool.name:28} {best['seconds']:9.3f} s{part}{busy}", flush=True)
        results.append({"tool": tool.name, **best})
    return results


def compare(grid, result, peak):
    """The best peer and how many times as fast nngrid is, the whole program on one core; and how many times as fast as that
    peer the matrix products alone would be at `peak` FLOP/s, which no program can pass."""
    if not result["peers"]:
        return {}
    best = min(result["peers"], key=lambda peer: peer["seconds"])
    ratio = best["seconds"] / result["by_threads"][1]["seconds"]
    at_peak = best["seconds"] * peak / result["flops"]
    print(f"  {grid.name:15} nngrid is {ratio:.2f} times as fast as the best peer, {best['tool']}"
          f" (goal {grid.goal}: {'met' if ratio >= grid.goal else 'missed'}; its products alone at the FMA peak: {at_peak:.2f})",
          flush=True)
    return {"best_peer": best["tool"], "best_peer_seconds": best["seconds"], "ratio": ratio, "goal": grid.goal,
            "ratio_at_peak": at_peak}
