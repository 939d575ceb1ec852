"""Tests scripts/bench: it counts operations right, its peers do the same work as nngrid, and its tables follow from its
numbers.

The measurements themselves are not judged here: the machine that tests run on is busy.
"""
import json
import os
import subprocess
import sys
import unittest
import unittest.mock

import system

BUILD = system.PROGRAM.parent
BENCH = BUILD / "tests" / "bench" / "nngrid-bench"
sys.path.insert(0, str(system.SOURCE / "tests" / "bench"))
import blas
import data
import grids
import peers
import programs


class Engines(unittest.TestCase):
    def lines(self, *arguments):
        done = subprocess.run([BENCH, *arguments], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def test_operations_are_those_of_the_products(self):
        line, = self.lines("--workload", "64-32-10", "--repeat", "1", "--seconds", "0.02")
        row = 2 * (2 * 64 * 32 + 3 * 32 * 10)  # forward and weights; of the second layer the inputs too
        self.assertEqual(line["flops"], float(f"{row * 1078 * line['epochs'] * line['runs']:.6g}"))
        self.assertAlmostEqual(line["ns"] * line["epochs"] * line["runs"] / 1e9, line["seconds"], delta=1e-4)
        self.assertGreater(line["share"], 0)

    def test_every_workload_trains_on_every_instruction_set(self):
        names = subprocess.run([BENCH, "--list"], capture_output=True, text=True).stdout.split("\n")
        sets = [name.split()[1] for name in names if name.startswith("isa") and "not on" not in name]
        self.assertEqual(len(self.lines("--peak", "--repeat", "1")), len(sets))
        workloads = {name.split()[1] for name in names if name.startswith("workload")}
        for isa in sets:
            if isa == "portable" and len(sets) > 1:
                continue  # a minute: it has no multiply-add in hardware
            lines = self.lines("--isa", isa, "--repeat", "1", "--seconds", "0.001", "--fewer", "100", "--threads", "2")
            self.assertEqual({line["workload"] for line in lines}, workloads)

    def test_what_is_not_there_is_named(self):
        for option, value in (("isa", "abacus"), ("workload", "7-7"), ("threads", "0"), ("engine", "steam")):
            done = subprocess.run([BENCH, f"--{option}", value], capture_output=True, text=True)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(f"'{value}'", done.stderr)


class Grids(system.SystemTest):
    def test_operations_of_the_grids(self):
        """The operations of the grids give their known limits in seconds at 250 GFLOP/s."""
        for name, seconds in {"digits": 0.127, "ex4-full": 1.33, "ex4-stochastic": 0.0066, "mnist-128": 0.85,
                              "mnist-512-512": 6.6}.items():
            self.assertLess(abs(grids.find(name).flops(False) / 250e9 / seconds - 1), 0.05, name)

    def test_peers_do_the_same_work(self):
        """After ten epochs of exercise 4 all tools have the same mean loss, whatever their starting weights."""
        grid = grids.find("ex4-full")
        file = data.make_up(self.folder / "ex4.mat", 5000, 400, float, 4)
        yaml = self.write("ex4.yaml", grid.yaml(True, file))
        own = programs.one(system.PROGRAM, yaml, os.sched_getaffinity(0), self.folder)
        self.assertEqual((own["runs"], own["not_done"]), (len(grid.runs(True)), {}))
        for tool in peers.TOOLS:
            if grid.name not in tool.grids or tool.name == "scikit-learn" or tool.missing():
                continue  # scikit-learn has another loss
            peer = peers.run(tool, grid, True, file, min(os.sched_getaffinity(0)))
            self.assertLess(abs(peer["loss"] / own["loss"] - 1), 0.01, tool.name)


    def test_peers_get_the_fastest_kernels(self):
        """OpenBLAS takes the kernels of an old CPU where it does not know the model, and a shell may select slow ones."""
        own, other = {"core": "", "flops_a_second": 100}, {"core": "Zen", "flops_a_second": 104}
        self.assertEqual(blas.best_of([own, other]), own)
        self.assertEqual(blas.best_of([own, {**other, "flops_a_second": 400}])["core"], "Zen")
        with unittest.mock.patch.dict(os.environ, OPENBLAS_CORETYPE="Prescott"):
            self.assertNotIn("OPENBLAS_CORETYPE", blas.environment(""))
            self.assertEqual(blas.environment("Zen")["OPENBLAS_CORETYPE"], "Zen")
        self.assertIn(blas.fastest(min(os.sched_getaffinity(0)))["core"], blas.CORES)


class Script(system.SystemTest):
    def test_numbers_and_tables(self):
        script, numbers = system.SOURCE / "scripts" / "bench", self.folder / "bench.json"
        arguments = ["--quick", "--only", "swarm", "--only", "xor-2-4-1", "--repeat", "1", "--no-build",
                     "--build", BUILD]
        done = subprocess.run([script, *arguments, "--json", numbers], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        found = json.loads(numbers.read_text())
        self.assertEqual([p["grid"] for p in found["programs"]], ["swarm"])
        for figures in found["programs"][0]["by_threads"].values():
            self.assertGreater(figures["seconds"], figures["engine_seconds"])
            self.assertEqual(figures["not_done"], {})
        table = subprocess.run([script, "--table", numbers], capture_output=True, text=True, check=True).stdout
        for word in ("| xor-2-4-1 |", "| swarm | 4,000 |", found["machine"]["cpu"], "--quick"):
            self.assertIn(word, table)

    def test_unknown_names_are_refused(self):
        script = system.SOURCE / "scripts" / "bench"
        done = subprocess.run([script, "--only", "nothing", "--no-build", "--build", BUILD], capture_output=True,
                              text=True)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("nothing: not one of", done.stderr)


if __name__ == "__main__":
    system.main()
