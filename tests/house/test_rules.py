"""Plants one violation at a time and sees that includes.py and objects.py find it, and that what is none is not found."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import includes
import objects
from rules import MAX_FILE, MAX_FUNCTION

ROOT = sys.argv.pop()


class Planted(unittest.TestCase):
    """A copy of the sources, in which each test plants its own line."""

    def setUp(self):
        self.copy = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.copy)
        for folder in ("core", "runner", "tests"):
            shutil.copytree(os.path.join(ROOT, folder), os.path.join(self.copy, folder))

    def test_found(self):
        for path, text, reason in (
            ("core/train/error.c", '#include "grid/grid.h"', "core stands alone"),
            ("core/train/error.c", '#include "kernels/tile/tile.h"', "private to core/kernels/tile"),
            ("core/train/error.c", "#include <stdlib.h>", "list of headers for core"),
            ("core/tables/tables.c", "#include <stdio.h>", "list of headers for core"),
            ("core/tables/tables.c", "void f(void) { void *p = malloc(3); }", "caller owns"),
            ("core/tables/tables.c", "void f(void) { exit(3); }", "ends no program"),
            ("core/tables/tables.c", "void f(void) { printf(3); }", "prints nothing"),
            ("runner/base/new.c", '#include "train/engine.h"', "runner/base may use core"),
            ("runner/base/new.c", '#include "grid/grid.h"', "runner/base may use core, not runner/grid"),
            ("runner/h5/new.c", '#include "data/dataset.h"', "runner/h5 may use core, not runner/data"),
            ("runner/data/new.c", '#include "grid/grid.h"', "not runner/grid"),
            ("runner/grid/new.c", '#include "results/results.h"', "not runner/results"),
            ("runner/grid/new.c", '#include "h5/h5.h"', "not runner/h5"),
            ("runner/results/new.c", '#include "schedule/schedule.h"', "not runner/schedule"),
            ("runner/schedule/new.c", '#include "commands/command.h"', "not runner/commands"),
            ("runner/schedule/new.c", '#include "results/layout.h"', "private to runner/results"),
            ("runner/commands/new.c", '#include "nowhere.h"', "no such header"),
            ("runner/commands/new.c", '#include "tables/tables.h"', "no such header"),
            ("runner/grid/new.c", "#include <yaml.h>", "libyaml"),
            ("runner/data/new.c", "#include <hdf5.h>", "HDF5"),
            ("runner/data/new.c", "#include <matio.h>", "libmatio"),
            ("runner/schedule/new.c", "#include <lbfgs.h>", "libLBFGS"),
            ("runner/schedule/new.c", "#include <omp.h>", "OpenMP"),
            ("runner/schedule/new.c", "#pragma omp parallel for", "OpenMP"),
            ("runner/grid/new.c", 'void f(void) { printf("x"); }', "only commands print"),
            ("runner/grid/new.c", 'void f(FILE *to) { fprintf(stderr, "x"); }', "only commands print"),
            ("runner/grid/new.c", "void f(void) { exit(1); }", "exit code"),
            ("runner/grid/new.c", 'void f(void) { setlocale(0, ""); }', "locale"),
            ("runner/grid/new.c", "/* As in gone.c. */", "names gone.c"),
            ("runner/grid/new.c", "int x;\n" * (MAX_FILE + 1), "split it"),
            ("runner/grid/new.c", "void f(void)\n{\n" + "    g();\n" * (MAX_FUNCTION + 1) + "}", "a function of"),
        ):
            with self.subTest(path=path, text=text[:60]):
                target = os.path.join(self.copy, path)
                with open(target, "a", encoding="utf-8") as file:
                    file.write(text + "\n")
                self.assertIn(reason, "\n".join(includes.violations_of(self.copy, path)))
                if path.endswith("/new.c"):
                    os.remove(target)

    def test_not_found(self):
        with open(os.path.join(self.copy, "runner/grid/new.c"), "w", encoding="utf-8") as file:
            file.write('/* printf( exit( #pragma omp */\nstatic const char *text = "exit(1) malloc(";\n')
        self.assertEqual(includes.violations_of(self.copy, "runner/grid/new.c"), [])


class Objects(unittest.TestCase):
    """Object files of a few lines, laid out as CMake does."""

    def found(self, **files):
        with tempfile.TemporaryDirectory() as place:
            for name, text in files.items():
                source = name.replace("__", "/") + ("" if name.endswith(".h") else ".c")
                target = os.path.join(place, "build/CMakeFiles/x.dir", source + ".o")
                for path in (os.path.join(place, source), target):
                    os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(os.path.join(place, source), "w", encoding="utf-8") as file:
                    file.write(text)
                if source.endswith(".c"):
                    subprocess.run(["cc", "-c", os.path.join(place, source), "-o", target], check=True)
            return objects.violations(os.path.join(place, "build"), place)

    def test_down_the_chain(self):
        self.assertEqual(self.found(
            runner__grid__a="int data_f(void); int grid_f(void) { return data_f(); }",
            runner__data__b="int data_f(void) { return 1; }"), [])

    def test_up_the_chain(self):
        self.assertIn("calls up the chain", self.found(
            runner__grid__a="int grid_f(void) { return 1; }",
            runner__data__b="int grid_f(void); int data_f(void) { return grid_f(); }")[0])

    def test_circle(self):
        found = self.found(
            runner__grid__a="int grid_b(void); int grid_a(void) { return grid_b(); }",
            runner__grid__b="int grid_c(void); int grid_b(void) { return grid_c(); }",
            runner__grid__c="int grid_a(void); int grid_c(void) { return grid_a(); }")
        self.assertEqual(found, ["calls go in a circle: runner/grid/a.c, runner/grid/b.c, runner/grid/c.c"])

    def test_names(self):
        self.assertIn("exports mistake", self.found(runner__grid__a="int mistake(void) { return 1; }")[0])
        self.assertIn("exports free_it", self.found(runner__base__text="int free_it(void) { return 1; }")[0])
        self.assertEqual(self.found(runner__base__text="int text_it(void) { return 1; }"), [])
        self.assertEqual(self.found(core__train__run="int nn_run_f32_avx2(void) { return 1; }"), [])

    def test_declared_elsewhere(self):
        found = self.found(
            **{"runner__grid__b.h": "int grid_a(int);\n"}, runner__grid__a="int grid_a(int x) { return x; }", runner__grid__b="")
        self.assertEqual(found, ["runner/grid/b.h declares grid_a, which runner/grid/a.c defines"])

    def test_nothing_to_look_at(self):
        self.assertIn("no object files", self.found()[0])


if __name__ == "__main__":
    unittest.main()
