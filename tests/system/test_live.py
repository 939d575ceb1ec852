"""The file opens in h5py, xarray and ncdump, with named dimensions, while the grid runs and after it."""
import subprocess
import time

import h5py
import system
import xarray

GRID = """
name: live
repeats: 40
data: {builtin: spirals, rows: 400}
base: {hidden: [32, 32], epochs: 60, batch_size: 16}
grid: {learning_rate: [0.03, 0.1, 0.3]}
"""


class Live(system.SystemTest):
    def look(self, path):
        """Opens the file the three ways; how many rows are final."""
        with h5py.File(path, "r") as file:
            status = file["runs/status"][:]
            self.assertEqual(file["runs/status"].dims[0][0].name, "/runs/run")
        with xarray.open_dataset(path, group="curves", engine="netcdf4") as curves:
            self.assertEqual(curves["train_loss"].dims, ("run", "epoch"))
            self.assertEqual(list(curves["epoch"].values[:3]), [0, 1, 2])
        header = subprocess.run(["ncdump", "-h", str(path)], capture_output=True, text=True, check=True).stdout
        self.assertIn("train_loss(run, epoch)", header)
        self.assertIn("status(run)", header)
        return int((status > 0).sum())

    def test_while_it_runs_and_after(self):
        self.write("live.yaml", GRID)
        process = self.start("run", "live.yaml", "-o", "live.h5")
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
