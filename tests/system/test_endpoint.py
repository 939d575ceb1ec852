"""Tests `diagnose: endpoint` on a machine without LAPACK: the error comes before anything is written, and only where
there is something to compute."""
import os
import subprocess

import system

GRID = """
name: ends
data: {builtin: xor}
base: {hidden: [2], activation: tanh, batch_size: full, epochs: 5}
grid: {learning_rate: [0.1, 0.3]}
diagnose: endpoint
"""


class Endpoint(system.SystemTest):
    def setUp(self):
        super().setUp()
        self.write("grid.yaml", GRID)
        # The program, but for the name of the library.
        self.lacking = self.folder / "lacking"
        self.lacking.write_bytes(system.PROGRAM.read_bytes().replace(b"liblapacke.so.3", b"liblapackX.so.3"))
        os.chmod(self.lacking, 0o755)

    def lacks(self, *arguments):
        return subprocess.run([self.lacking, *arguments], cwd=self.folder, capture_output=True, text=True)

    def test_nothing_is_written_without_it(self):
        for command in ("run", "plan"):
            done = self.lacks(command, "grid.yaml", "-o", "out.h5")
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assertRegex(done.stderr, r"(?m)^nngrid: diagnose: endpoint needs liblapackX.so.3, .*install LAPACKE")
        self.assertEqual(list(self.folder.glob("out.h5*")), [])

    def test_what_is_finished_needs_it_no_more(self):
        self.run_program("run", "grid.yaml", "-q", "-o", "out.h5")
        done = self.lacks("run", "grid.yaml", "-o", "out.h5")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("nothing to train", done.stdout)
        self.run_program("run", "grid.yaml", "-q", "-o", "one.h5", "--shard", "1/2")
        done = self.lacks("run", "grid.yaml", "-q", "-o", "one.h5", "--shard", "1/2")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("interrupted", self.run_program("status", "one.h5").stdout)


if __name__ == "__main__":
    system.main()
