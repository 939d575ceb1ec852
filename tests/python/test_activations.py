"""Tests that the Python reader knows every activation of the program, and no other. It has a list of its own, which is
compared with `nngrid params`; for every pair of hidden layer and output its networks predict what `nngrid predict`
predicts."""
import csv
import io
import json
import os
import subprocess
import sys
import tempfile
import unittest

import numpy as np
import torch

import nngrid

FOLDER = sys.argv.pop(1)
PROGRAM = os.environ["NNGRID"]
TOLERANCE = {"float32": 1e-6, "float64": 1e-12}


def call(*arguments):
    return subprocess.run([PROGRAM, *map(str, arguments)], check=True, capture_output=True, text=True).stdout


class Activations(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="nngrid-test-")
        self.addCleanup(place.cleanup)
        self.data = os.path.join(place.name, "x.csv")

    def inputs(self, n):
        """Rows of n inputs, in memory and as a file; far enough from 0 on both sides that every branch is taken."""
        X = np.random.default_rng(7).uniform(-5, 5, (40, n))
        with open(self.data, "w") as file:
            csv.writer(file).writerows(X.tolist())
        return X

    def predicted(self, file, run, first):
        rows = list(csv.reader(io.StringIO(call("predict", file, self.data, "--run", run, "--weights", "final"))))
        return np.array([[float(x) for x in row[first:]] for row in rows[1:]])

    def test_the_list_is_the_program_s(self):
        names = {row["name"] for row in json.loads(call("params", "--json"))["activation"]}
        self.assertEqual(set(nngrid.ACTIVATIONS), names)

    def test_every_pair_predicts_what_the_program_predicts(self):
        pairs = set()
        for name, n, first in (("every", 1, 1), ("three", 5, 2)):  # first: the column of the first output
            file = os.path.join(FOLDER, name + ".h5")
            results, X = nngrid.open(file), self.inputs(n)
            for run, row in results.runs.iterrows():
                with self.subTest(activation=row.activation, output=row.output, precision=row.precision):
                    want = self.predicted(file, run, first)
                    model = results.model(run, "final")
                    atol = TOLERANCE[row.precision] * max(1, np.abs(want).max())
                    np.testing.assert_allclose(model.predict(X), want, rtol=0, atol=atol)
                    there = model.to_torch()(torch.tensor(X, dtype=getattr(torch, row.precision)))
                    if row.output in ("sigmoid", "softmax"):  # to_torch ends before these
                        there = torch.sigmoid(there) if row.output == "sigmoid" else torch.softmax(there, dim=1)
                    np.testing.assert_allclose(there.detach().numpy(), want, rtol=0, atol=10 * atol)
                    pairs.add((row.activation, row.output))
        hidden = set(nngrid.ACTIVATIONS) - {"softmax"}
        self.assertEqual(pairs, {(a, b) for a in hidden for b in nngrid.ACTIVATIONS})


if __name__ == "__main__":
    unittest.main()
