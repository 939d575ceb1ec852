"""Trains by plain C with a BLAS (peer_blas.c), one network at a time, called by ctypes."""
import ctypes
import pathlib
import subprocess
import tempfile

import numpy as np

FLAGS = ["-O3", "-march=native", "-ffast-math", "-shared", "-fPIC"]


class Run(ctypes.Structure):
    """peer_run of peer_blas.c."""
    _fields_ = [*((name, ctypes.c_void_p) for name in "x x_held y y_held".split()),
                *((name, ctypes.c_int32) for name in "n n_held n_layers".split()), ("width", ctypes.c_int32 * 5),
                *((name, ctypes.c_int32) for name in "batch epochs relu softmax evaluate running seed".split()),
                *((name, ctypes.c_float) for name in "rate momentum decay dropout".split())]


def build():
    source = pathlib.Path(__file__).with_name("peer_blas.c")
    with tempfile.TemporaryDirectory() as folder:
        library = pathlib.Path(folder) / "peer.so"
        subprocess.run(["cc", *FLAGS, source, "-o", library, "-lblas", "-lm"], check=True)
        library = ctypes.CDLL(library)
    library.peer_train.restype = ctypes.c_double
    return library


LIBRARY = build()


def loop(p, limit):
    y, y_held = p.y.astype(np.int32), p.y_held.astype(np.int32)
    addresses = [array.ctypes.data for array in (p.x, p.x_held, y, y_held)]
    losses = []
    for seed, run in enumerate(p.runs[:limit]):
        widths = p.widths(run)
        call = Run(*addresses, len(p.x), len(p.x_held), len(widths) - 1, (ctypes.c_int32 * 5)(*widths), p.batch,
                   p.epochs, p.activation == "relu", p.loss == "classes", p.on_held, p.running, seed,
                   run["learning_rate"], run["momentum"], run["lambda"] / len(p.x), run["dropout"])
        losses.append(LIBRARY.peer_train(ctypes.byref(call)))
    return sum(losses) / len(losses)

