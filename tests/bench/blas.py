"""Finds the BLAS of the peers, and which of its kernels are the fastest on this core.

OpenBLAS selects kernels by the model of the CPU. Where it does not know the model it takes those for a Prescott of
2004, which makes the peers four times as slow as they could be, so that the others are tried here.
"""
import functools
import json
import os
import subprocess
import sys

CORES = ("", "Haswell", "SkylakeX", "Zen")  # as OPENBLAS_CORETYPE names them; "": its own choice
ASK = """
import ctypes, json, time
import numpy as np
a, b = np.ones((64, 784), np.float32), np.ones((784, 512), np.float32)
def seconds():
    start = time.perf_counter()
    a @ b
    return time.perf_counter() - start
library, name, core = ctypes.CDLL("libblas.so.3"), "not OpenBLAS", None
try:
    library.openblas_get_config.restype = library.openblas_get_corename.restype = ctypes.c_char_p
    name = "OpenBLAS " + library.openblas_get_config().decode().split()[1]
    core = library.openblas_get_corename().decode()
except AttributeError:
    pass
print(json.dumps({"name": name, "kernels": core, "flops_a_second": 2 * 64 * 784 * 512 / min(seconds() for _ in range(50))}))
"""


def environment(core):
    """One thread, and the kernels for `core` whatever the shell presets."""
    kept = {k: v for k, v in os.environ.items() if k not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")}
    return {**kept, **({"OPENBLAS_CORETYPE": core} if core else {}),
            "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def best_of(found):
    """The fastest; what stands first, OpenBLAS's own choice, unless another is faster by more than noise."""
    best = max(found, key=lambda f: f["flops_a_second"])
    return found[0] if best["flops_a_second"] < 1.05 * found[0]["flops_a_second"] else best


@functools.cache
def fastest(cpu):
    """{core, name, kernels, flops_a_second} of the fastest on this core; kernels are None where it is not OpenBLAS."""
    found = []
    for core in CORES:
        done = subprocess.run([sys.executable, "-c", ASK], env=environment(core), capture_output=True, text=True,
                              preexec_fn=lambda: os.sched_setaffinity(0, {cpu}))
        if done.returncode == 0:  # kernels that the CPU does not have end it
            found.append({"core": core, **json.loads(done.stdout)})
        if not found or found[0]["kernels"] is None:
            break
    return best_of(found) if found else {"core": "", "name": "no NumPy with a BLAS", "kernels": None}


def describe(cpu):
    best = fastest(cpu)
    if best["kernels"] is None:
        return f"{best['name']}: install libopenblas0-pthread, or peers are slower than they could be"
    asked = ", not those that it picks by itself" if best["core"] else ""
    return f"{best['name']}, kernels for {best['kernels']}{asked}: {best['flops_a_second'] / 1e9:.0f} GFLOP/s"
