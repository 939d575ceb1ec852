"""Tests that h5py, pandas, xarray (by both engines), ncdump, h5dump and Octave open the file, with named dimensions,
while the grid runs and after it."""
import subprocess
import time

import h5py
import numpy as np
import pandas as pd
import system
import xarray

GRID = """
name: live
repeats: 40
data: {builtin: spirals, rows: 400}
base: {hidden: [64, 64], epochs: 400, batch_size: 2} # some ten seconds: several looks fall into them
grid: {learning_rate: [0.03, 0.1, 0.3]}
"""


class Live(system.SystemTest):
    def look(self, path):
        """Opens the file in every way; returns how many rows are final."""
        with h5py.File(path, "r") as file:
            status = file["runs/status"][:]
            self.assertEqual(file["runs/status"].dims[0][0].name, "/runs/run")
            runs = pd.DataFrame({name: column[:] for name, column in file["runs"].items()})
        final = runs[status > 0]  # read before the columns: a row that is final then is whole
        self.assertTrue(final["best_validation_loss"].notna().all())
        for engine in ("netcdf4", "h5netcdf"):
            with xarray.open_dataset(path, group="curves", engine=engine) as curves:
                self.assertEqual(curves["train_loss"].dims, ("run", "epoch"))
                self.assertEqual(list(curves["epoch"].values[:3]), [0, 1, 2])
                self.assertFalse(np.isnan(curves["train_loss"].values[final.index]).any())
        header = subprocess.run(["ncdump", "-h", str(path)], capture_output=True, text=True, check=True).stdout
        self.assertIn("train_loss(run, epoch)", header)
        self.assertIn("status(run)", header)
        printed = subprocess.run(["h5dump", "-d", "/runs/status", str(path)], capture_output=True, text=True, check=True).stdout
        self.assertIn("DATASPACE  SIMPLE { ( 120 ) / ( 120 ) }", printed)
        script = f"pkg load netcdf; printf('%d ', size(ncread('{path}', '/curves/train_loss')))"
        sizes = subprocess.run(["octave", "--norc", "--eval", script], capture_output=True, text=True, check=True).stdout
        self.assertEqual(sizes.split(), ["401", "120"])  # dimensions come reversed
        return int((status > 0).sum())

    def test_while_it_runs_and_after(self):
        self.write("live.yaml", GRID)
        process = self.start("run", "live.yaml", "-o", "live.h5", "--engine", "tile")  # rows end one by one
        path, seen = self.folder / "live.h5", []
        while not path.exists() and process.poll() is None:
            time.sleep(0.01)
        while process.poll() is None:
            seen.append(self.look(path))
        self.assertEqual(process.returncode, 0, (self.folder / "log").read_text())
        self.assertEqual(seen, sorted(seen))
        self.assertTrue(any(0 < n < 120 for n in seen), f"no look fell into the run: {seen}")
        self.assertEqual(self.look(path), 120)


if __name__ == "__main__":
    system.main()
