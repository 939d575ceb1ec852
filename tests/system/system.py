"""Has what the system tests share: the program, a folder to work in, and the comparison of files bit for bit.

Each test_*.py is called with the program and the source folder. A test that needs the real data sets is skipped where
they are missing; with NNGRID_REQUIRE_DATA=1 that is a failure.
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import h5py
import numpy as np

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
SOURCE = pathlib.Path(sys.argv[2]).resolve()
SHARED_DATA = pathlib.Path(os.environ.get("NNGRID_SHARED_DATA", SOURCE.parent / "shared" / "data"))
FEWER = 4 if os.environ.get("NNGRID_FAULTS_FEW") else 1  # under sanitizers: what is done many times is done so much less
MAY_DIFFER = ("timing", "provenance")  # what two ways of running the same grid may differ in


def need_sklearn():
    """Returns sklearn.metrics, or skips the test where scikit-learn is missing and may be."""
    try:
        import sklearn.metrics
    except ImportError as error:
        if os.environ.get("NNGRID_REQUIRE_DATA"):
            raise
        raise unittest.SkipTest("scikit-learn is not there; its tests are skipped") from error
    return sklearn.metrics


def need_data(name):
    """Returns the path of a real data set; skips the test if it is missing."""
    path = SHARED_DATA / name
    if not path.exists():
        message = f"the data set {name} is not there; its tests are skipped"
        if os.environ.get("NNGRID_REQUIRE_DATA"):
            raise AssertionError(message)
        raise unittest.SkipTest(message)
    return path


def with_faults(library, **settings):
    """Returns the environment in which a program runs under faults.c, with its settings."""
    preload = {"LD_PRELOAD": library, "ASAN_OPTIONS": "verify_asan_link_order=0:" + os.environ.get("ASAN_OPTIONS", "")}
    return {**os.environ, **preload, **settings}


class SystemTest(unittest.TestCase):
    """A test that works in a new folder, self.folder."""

    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="nngrid-test-")
        self.addCleanup(place.cleanup)
        self.folder = pathlib.Path(place.name)

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def start(self, *arguments, program=PROGRAM):
        """Starts a program in the background; its output goes to a file beside the grid."""
        log = open(self.folder / "log", "ab")
        self.addCleanup(log.close)
        return subprocess.Popen([program, *map(str, arguments)], cwd=self.folder, stdout=log, stderr=log)

    def run_program(self, *arguments, code=0):
        done = subprocess.run([PROGRAM, *map(str, arguments)], cwd=self.folder, capture_output=True, text=True)
        self.assertEqual(done.returncode, code, f"{arguments}:\n{done.stdout}\n{done.stderr}")
        return done

    def assert_same_files(self, one, other):
        """Fails unless every dataset and attribute is equal to the last bit, except /timing and /provenance."""
        a, b = contents(one), contents(other)
        self.assertEqual([name for name in sorted(a.keys() | b.keys()) if a.get(name) != b.get(name)], [])


def contents(path, attributes=True):
    """Returns {name: (type, shape, bytes)} of all datasets and attributes that must not depend on how the grid was run."""
    found = {}

    def visit(name, thing):
        if name.split("/")[0] in MAY_DIFFER:
            return
        if isinstance(thing, h5py.Dataset):
            found[name] = (str(thing.dtype), thing.shape, np.asarray(thing[()]).tobytes())
        for key in thing.attrs if attributes else ():
            if key not in ("REFERENCE_LIST", "DIMENSION_LIST"):
                array = np.asarray(thing.attrs[key])
                found[f"{name}@{key}"] = array.tolist() if array.dtype == object else array.tobytes()

    with h5py.File(path, "r") as file:
        file.visititems(visit)
    return found


def main():
    """Runs the tests of the calling script; the last lines are those that scripts/test counts."""
    program = unittest.main(argv=sys.argv[:1], exit=False, verbosity=2)
    result = program.result
    for test, reason in result.skipped:
        print(f"[  SKIPPED ] {test}: {reason}")
    sys.exit(0 if result.wasSuccessful() else 1)
