"""peer.py TOOL GRID SIZE FILE: trains a grid with another tool, and prints JSON. peers.py calls it.

Only training and evaluation are timed: not the start of Python, the imports or the reading of the data.
"""
import importlib
import json
import sys
import time

import peer_problem
import peers


def main(name, grid, size, file):
    tool = peers.find(name)
    function = getattr(importlib.import_module(tool.module), tool.function)
    problem = peer_problem.load(grid, size == "quick", file)
    n = len(problem.runs)
    limit = min(tool.grids[grid] or n, n)
    start, cpu = time.perf_counter(), time.process_time()
    loss = function(problem, limit)
    measured, cpu = time.perf_counter() - start, time.process_time() - cpu
    print(json.dumps({"seconds": measured * n / limit, "measured_seconds": measured, "runs": limit, "of": n,
                      "busy": cpu / measured, "loss": loss}))


if __name__ == "__main__":
    main(*sys.argv[1:])
