"""Tests /plots: its figures follow from the rows, and silx draws them, in a live file and a finished one."""
import json
import os
import pty
import re
import signal
import subprocess
import time

import h5py
import numpy as np
import system

HEAD = """
name: plots
repeats: {repeats}
data: {{builtin: moons, rows: 60, split: {{train: 0.5, validation: 0.25, test: rest}}}}
base: {{hidden: [6], activation: tanh, epochs: {epochs}, learning_rate: 0.3}}
stop: {{mode: first, rules: [{{patience: 6}}]}}
"""


def text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def texts(values):
    return [text(value) for value in np.atleast_1d(values)]


class Plots(system.SystemTest):
    def run_grid(self, grid, repeats=3, epochs=25, name="plots.h5"):
        self.write("plots.yaml", HEAD.format(repeats=repeats, epochs=epochs) + grid)
        self.run_program("run", "plots.yaml", "-q", "-o", name)
        file = h5py.File(self.folder / name, "r")
        self.addCleanup(file.close)
        self.runs = {name: item[()] for name, item in file["runs"].items()}
        return file

    def medians(self, metric, chosen):
        values = self.runs[metric][chosen]
        values = values[np.isfinite(values)]
        return np.median(values) if len(values) else np.nan

    def check_along(self, group, setting, among):
        """Each signal of the group is the median over those runs of `among` that have the value."""
        values = np.unique(self.runs[setting][among])
        np.testing.assert_array_equal(group[setting][()], values)
        names = [name for name in group if name not in (setting, "importance") and not name.endswith("_best")]
        for name in names:
            expected = [self.medians(name, among & (self.runs[setting] == value)) for value in values]
            np.testing.assert_allclose(group[name][()], expected, rtol=1e-12, err_msg=group.name)
            if name + "_best" in group:
                expected = [self.best(name, among & (self.runs[setting] == value)) for value in values]
                np.testing.assert_allclose(group[name + "_best"][()], expected, rtol=1e-12, err_msg=group.name)
        return set(names)

    def best(self, metric, chosen):
        """The lowest of the medians of the chosen cells."""
        return np.nanmin([self.medians(metric, chosen & (self.runs["cell"] == c)) for c in np.unique(self.runs["cell"][chosen])])

    def test_a_product(self):
        file = self.run_grid("""
grid: {lambda: [1, 0, 0.1], hidden: [[3], [8, 4]], activation: [tanh, relu]}
success: {final_validation_error: "< 0.2"}
""")
        plots, everything = file["plots"], np.ones(len(self.runs["run"]), bool)
        self.assertEqual(set(plots), {"learning_curves", "heatmap", "heatmap_lambda_activation",
                                      "heatmap_hidden_activation"} | {
            name + end for name in ("overfitting", "error", "success") for end in ("", "_hidden", "_activation")})
        for end, setting in (("", "lambda"), ("_hidden", "hidden"), ("_activation", "activation")):
            self.assertEqual(self.check_along(plots["overfitting" + end], setting, everything),
                             {"final_validation_loss", "best_validation_loss", "final_train_loss"})
            self.assertEqual(self.check_along(plots["error" + end], setting, everything),
                             {"best_test_error", "best_validation_error", "final_train_error"})
        for i, value in enumerate(plots["success/lambda"]):
            chosen = self.runs["lambda"] == value
            self.assertAlmostEqual(plots["success/solved"][i], self.runs["solved"][chosen].mean())
        self.assertEqual(text(plots["overfitting_hidden/hidden"].attrs["flag_meanings"]), "3 8-4")
        heatmap = plots["heatmap"]
        self.assertEqual(texts(heatmap.attrs["axes"]), ["lambda", "hidden"])
        for i, rate in enumerate(heatmap["lambda"]):
            for k, hidden in enumerate(heatmap["hidden"]):
                chosen = (self.runs["lambda"] == rate) & (self.runs["hidden"] == hidden)
                for name in ("best_validation_loss", "gap_final", "final_train_loss"):
                    self.assertAlmostEqual(heatmap[name][i, k], self.medians(name, chosen), places=12)
                    self.assertAlmostEqual(heatmap[name + "_best"][i, k], self.best(name, chosen), places=12)
                self.assertAlmostEqual(heatmap["solved"][i, k], self.runs["solved"][chosen].mean())
                of_cells = [self.runs["solved"][self.runs["cell"] == c].mean() for c in np.unique(self.runs["cell"][chosen])]
                self.assertAlmostEqual(heatmap["solved_best"][i, k], max(of_cells))
        self.check_importance(plots)

    def check_importance(self, plots):
        """Beside each picture stands the share that show --importance gives its settings."""
        found = json.loads(self.run_program("show", "plots.h5", "--importance", "--json").stdout)["terms"]
        shares, seen = {tuple(term["settings"]): term["share"] for term in found}, 0
        for group in plots.values():
            if "importance" in group:
                self.assertAlmostEqual(group["importance"][()], shares[tuple(texts(group.attrs["axes"]))], places=12)
                seen += 1
        self.assertEqual(seen, len(plots) - 1)

    def test_six_heat_maps(self):
        file = self.run_grid("grid: {lambda: [0, 1], l1: [0, 1], momentum: [0, 0.5], dropout: [0, 0.2], bias: [true, false]}\n",
                             repeats=1, epochs=2)
        self.assertEqual({name for name in file["plots"] if name.startswith("heatmap")},
                         {"heatmap"} | {"heatmap_" + pair for pair in (
                             "lambda_momentum", "lambda_dropout", "lambda_bias", "l1_momentum", "l1_dropout")})
        self.assertEqual(texts(file["plots/heatmap"].attrs["axes"]), ["lambda", "l1"])
        self.check_importance(file["plots"])

    def test_learning_curves(self):
        file = self.run_grid("grid: {learning_rate: [0.01, 0.1, 0.3, 1, 1.0e+300], hidden: [[2], [6]]}\n")
        best, cells = file["plots/learning_curves"], file["cells"]
        means = cells["best_validation_loss_mean"][()]
        self.assertEqual(best["cell"][()].tolist(), np.argsort(means, kind="stable")[:8].tolist())
        np.testing.assert_array_equal(best["epoch"], file["curves/epoch"])
        reached = 0
        for rank, cell in enumerate(best["cell"]):
            for name in ("train_loss", "validation_loss", "test_loss"):
                curves = file["curves"][name][()][self.runs["cell"] == cell]
                curves[~np.isfinite(curves)] = np.nan
                n = np.isfinite(curves).sum(axis=0)
                mean = np.where(n > 0, np.nansum(curves, axis=0) / np.maximum(n, 1), np.nan)
                np.testing.assert_allclose(best[name][rank], mean, rtol=1e-12)
                reached += ((n > 0) & (n < 3)).sum()
        self.assertGreater(reached, 0, "all runs of each cell have the same length")

    def test_losses_of_different_units_are_ranked_by_error_everywhere(self):
        """mse of a sigmoid is lower than cross-entropy, whatever the error is; show, /plots and status agree."""
        file = self.run_grid("grid: {loss: [mse, cross_entropy], learning_rate: [0.003, 0.3]}\n", epochs=20)
        shown = json.loads(self.run_program("show", "plots.h5", "--json").stdout)
        self.assertIn("best_validation_error", shown[0])
        order = [line["cell"] for line in shown]
        self.assertNotEqual(order, np.argsort(file["cells/best_validation_loss_mean"][()], kind="stable").tolist())
        self.assertEqual(file["plots/learning_curves/cell"][()].tolist(), order)
        self.check_importance(file["plots"])
        drawn = {name for kind in ("overfitting", "heatmap") for name in file["plots"][kind]}
        self.assertEqual({name for name in drawn if "_loss" in name or "gap" in name}, set())
        self.assertEqual(text(file["plots/heatmap"].attrs["signal"]), "best_validation_error")
        best = json.loads(self.run_program("status", "plots.h5", "--json").stdout)["best"]
        self.assertEqual((best["metric"], best["value"]),
                         ("best_validation_error", self.runs["best_validation_error"].min()))
        # Short runs are over before progress is shown. Errors are whole numbers of the 15 validation rows.
        pattern = r", best ([0-9.e-]+) \("
        told = self.progress(pattern, "run", "plots.yaml", "-o", "again.h5", "--set", "epochs=[20, 1000000]")
        told = [15 * float(number) for number in re.findall(pattern, told)]
        self.assertGreater(len(told), 0)
        np.testing.assert_allclose(told, np.round(told), atol=0.01)

    def test_so_are_those_of_folds(self):
        self.write("plots.yaml", HEAD.format(repeats=2, epochs=20).replace("{train: 0.5, validation: 0.25, test: rest}", "{folds: 3}")
                   + "grid: {loss: [mse, cross_entropy], learning_rate: [0.003, 0.3]}\n")
        self.run_program("run", "plots.yaml", "-q", "-o", "plots.h5")
        shown = json.loads(self.run_program("show", "plots.h5", "--json").stdout)
        self.assertIn("folds_best_validation_error", shown[0])
        with h5py.File(self.folder / "plots.h5", "r") as file:
            order = [line["cell"] for line in shown]
            self.assertEqual(file["plots/learning_curves/cell"][()].tolist(), order)
            self.assertNotEqual(np.argsort(file["cells/folds_best_validation_loss_mean"][()], kind="stable").tolist(), order)
            self.check_importance(file["plots"])

    def progress(self, pattern, *arguments):
        """Returns what a terminal shows until something matches the pattern; then the program is stopped."""
        ours, its = pty.openpty()
        process = subprocess.Popen([system.PROGRAM, *arguments], cwd=self.folder, stderr=its, stdout=subprocess.DEVNULL,
                                   env={**os.environ, "TERM": "xterm"})  # not a dumb one
        self.addCleanup(process.kill)
        os.close(its)
        text, stopped = b"", False
        try:
            while part := os.read(ours, 4096):
                text += part
                if not stopped and re.search(pattern, text.decode()):
                    process.send_signal(signal.SIGTERM)
                    stopped = True
        except OSError:  # the end of a terminal
            pass
        os.close(ours)
        self.assertEqual(process.wait(), 75)
        return text.decode()

    def test_a_union_keeps_its_blocks_apart(self):
        file = self.run_grid("""
grid:
  - {lambda: [0, 0.5, 2], hidden: [[3], [6]]}
  - {dropout: [0, 0.3]}
""")
        plots, runs = file["plots"], self.runs
        six = int(np.flatnonzero(np.array(text(file["cells/hidden"].attrs["flag_meanings"]).split()) == "6")[0])
        self.check_along(plots["overfitting"], "lambda", runs["dropout"] == 0)
        self.check_along(plots["overfitting_hidden"], "hidden", runs["dropout"] == 0)
        self.check_along(plots["overfitting_dropout"], "dropout", (runs["lambda"] == 0) & (runs["hidden"] == six))
        self.assertEqual(plots["overfitting_dropout/dropout"][()].tolist(), [0, 0.3])
        self.assertEqual(texts(plots["heatmap"].attrs["axes"]), ["lambda", "hidden"])

    def test_what_has_left_the_grid_does_not_count(self):
        grid = "grid: {{lambda: {}, hidden: [[2], [6]]}}\n"
        self.run_grid(grid.format("[0, 0.5, 5]"))
        file = self.run_grid(grid.format("[0.5, 5]"))
        active = self.runs["active"] == 1
        self.assertEqual((int(active.sum()), len(active)), (12, 18))
        plots = file["plots"]
        self.check_along(plots["overfitting"], "lambda", active)
        self.check_along(plots["overfitting_hidden"], "hidden", active)
        self.assertEqual(plots["heatmap/lambda"][()].tolist(), [0.5, 5])
        self.assertEqual(sorted(plots["learning_curves/cell"][()]), [0, 1, 2, 3])

    def test_no_picture_that_shows_nothing(self):
        self.assertEqual(set(self.run_grid("", epochs=3, name="one.h5")["plots"]), {"learning_curves"})
        zipped = self.run_grid("grid: {zip: {lambda: [0, 1, 2], learning_rate: [0.1, 0.2, 0.3]}}\n", name="zip.h5")
        self.assertEqual(set(zipped["plots"]), {"learning_curves", "overfitting", "error", "overfitting_learning_rate",
                                                "error_learning_rate"})

    def test_train_part_alone(self):
        self.write("xor.yaml", "name: xor\nrepeats: 2\ndata: {builtin: xor}\n"
                   "base: {hidden: [3], epochs: 5, batch_size: full}\ngrid: {learning_rate: [0.1, 1], momentum: [0, 0.9]}\n")
        self.run_program("run", "xor.yaml", "-q", "-o", "xor.h5")
        with h5py.File(self.folder / "xor.h5", "r") as file:
            plots = file["plots"]
            self.assertEqual(set(plots), {"learning_curves", "error", "error_momentum", "heatmap"})
            self.assertEqual(text(plots["learning_curves"].attrs["signal"]), "train_loss")
            self.assertNotIn("auxiliary_signals", plots["learning_curves"].attrs)
            self.assertEqual(text(plots["heatmap"].attrs["signal"]), "final_train_loss")
            means = file["cells/best_train_loss_mean"][()]
            self.assertEqual(plots["learning_curves/cell"][()].tolist(), np.argsort(means, kind="stable").tolist())


class Silx(system.SystemTest):
    def setUp(self):
        super().setUp()
        try:
            from silx.io import nxdata
        except ImportError:
            self.skipTest("silx is not installed (python3-silx); its check of the pictures is left out")
        self.nxdata = nxdata

    def check(self, path):
        """Every figure is valid, lines are lines and the heat map is an image; returns how many rows are final."""
        with h5py.File(path, "r") as file:
            final = int((file["runs/status"][()] > 0).sum())
            self.assertTrue(self.nxdata.is_NXroot_with_default_NXdata(file))
            self.assertEqual(self.nxdata.get_default(file).group.name, "/plots/learning_curves")
            groups = [file["curves"], *file["plots"].values()]
            self.assertGreater(len(groups), 5)
            for group in groups:
                self.assertTrue(self.nxdata.is_valid_nxdata(group), self.nxdata.NXdata(group).issues)
                picture = self.nxdata.NXdata(group)
                image = group.name.startswith("/plots/heatmap")
                self.assertEqual((picture.is_curve, picture.is_image), (not image, image), group.name)
                self.assertEqual([axis.shape[0] for axis in picture.axes], list(picture.signal.shape), group.name)
                for other in picture.auxiliary_signals:
                    self.assertEqual(other.shape, picture.signal.shape)
                if group.parent.name == "/plots":
                    self.assertTrue(all(isinstance(name, str) for name in picture.auxiliary_signals_names))
        return final

    def test_live_stopped_and_finished(self):
        self.write("plots.yaml", HEAD.format(repeats=20, epochs=80).replace("rows: 60", "rows: 400") +  # too large for lanes:
                   "grid: {learning_rate: [0.01, 0.1], hidden: [[64, 64], [80, 40], [40, 80]]}\n")  # it takes its time
        process, path, seen = self.start("run", "plots.yaml", "-q", "-o", "plots.h5"), self.folder / "plots.h5", [0]
        while not path.exists() and process.poll() is None:
            time.sleep(0.01)
        while process.poll() is None:
            seen.append(self.check(path))
            if seen[-1] > 10:
                process.send_signal(signal.SIGINT)
                break
        self.assertEqual(process.wait(), 75, (self.folder / "log").read_text())
        with h5py.File(path, "r") as file:
            means, best = file["cells/best_validation_loss_mean"][()], file["plots/learning_curves"]
            self.assertTrue(np.isnan(means).any() and np.isfinite(means).any(), f"no cell is without a run: {means}")
            done, n = file["cells/n_done"][()], np.bincount(file["runs/cell"][()])
            order = np.lexsort((means, -done / n, np.isnan(means)))  # NaN last
            self.assertEqual(best["cell"][()].tolist(), order.tolist())
            self.assertEqual(np.isnan(best["train_loss"][:, 0]).tolist(), np.isnan(means[order]).tolist())
        self.run_program("run", "plots.yaml", "-q", "-o", "plots.h5")
        self.assertEqual(self.check(path), 120)
        self.run_program("compact", "plots.h5", "-o", "compact.h5")
        self.assertEqual(self.check(self.folder / "compact.h5"), 120)
        with h5py.File(path, "r") as file:
            for group in file["plots"].values():
                self.assertTrue(np.isfinite(group[text(group.attrs["signal"])][()]).any(), group.name)


if __name__ == "__main__":
    system.main()
