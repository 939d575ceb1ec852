"""peer.py TOOL GRID QUICK FILE: trains a grid with another tool on one core, and prints JSON.

Only training and evaluation are timed: not the start of Python, the imports or the reading of the data.
"""
import importlib
import json
import sys
import time

MODULES = {"numpy": "peer_numpy", "torch": "peer_torch", "sklearn": "peer_sklearn", "blas": "peer_blas"}


def main(tool, name, quick, file):
    import peer_problem
    module = importlib.import_module(MODULES[tool.split("-")[0]])
    function, limits = module.TOOLS[tool]
    problem = peer_problem.load(name, quick == "quick", file or None)
    limit = min(limits.get(name) or len(problem.runs), len(problem.runs))
    start = time.perf_counter()
    loss = function(problem, limit)
    measured = time.perf_counter() - start
    fraction = limit / len(problem.runs)
    print(json.dumps({"tool": tool, "grid": name, "seconds": measured / fraction, "measured_seconds": measured,
                      "fraction": fraction, "loss": loss}))


if __name__ == "__main__":
    main(*sys.argv[1:])
