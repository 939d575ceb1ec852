"""Tests that frozen layers keep their starting weights under every optimizer of the program, and that the other layers
learn what they would learn from a first layer that is given: the same network without it, trained on its outputs."""
import h5py
import numpy as np
import system

OPTIMIZERS = "sgd adagrad rmsprop adam adamw rprop lbfgs".split()
DATA = "data: {file: d.csv, task: regression, scale: none, split: {train: all}}\n"


class Freeze(system.SystemTest):
    def setUp(self):
        super().setUp()
        random = np.random.default_rng(7)
        self.X = random.normal(size=(40, 3)).round(3)
        self.t = np.sin(self.X.sum(axis=1)).round(3)
        np.savetxt(self.folder / "d.csv", np.column_stack([self.X, self.t]), fmt="%.17g", delimiter=",")

    def grid(self, hidden, more, data=DATA):
        self.write("grid.yaml", "name: freeze\nrepeats: 2\n" + data +
                   f"base: {{hidden: {hidden}, activation: tanh, batch_size: full, epochs: 20, precision: float64, init_bias: 0.2, lambda: 0.5{more}}}\n"
                   f"grid: {{optimizer: [{', '.join(OPTIMIZERS)}]}}\nrecord: {{weights: [initial, final]}}\n")

    def test_frozen_layers_do_not_move(self):
        for freeze in ("1", "2", "[1, 3]", "[2, 3]"):
            self.grid("[5, 4]", f", freeze: {freeze}")
            self.run_program("run", "grid.yaml", "-o", "out.h5", "-q")
            frozen = {int(digit) for digit in freeze if digit.isdigit()}
            with h5py.File(self.folder / "out.h5", "r") as file:
                net = file["weights/3-5-4-1"]
                for run in net["run"][:]:
                    for layer in (1, 2, 3):
                        for name in "Wb":
                            start, end = (net[f"{keep}_{name}{layer}"][run] for keep in ("initial", "final"))
                            self.assertEqual((start == end).all(), layer in frozen, (freeze, run, layer, name))
            (self.folder / "out.h5").unlink()

    def test_the_others_learn_from_the_outputs_of_the_frozen(self):
        self.grid("[5]", ", freeze: 1")
        self.run_program("run", "grid.yaml", "-o", "out.h5", "-q")
        with h5py.File(self.folder / "out.h5", "r") as file:
            net = file["weights/3-5-1"]
            W1, b1, W2, b2 = (net[f"initial_{name}"][:] for name in ("W1", "b1", "W2", "b2"))
            ends = net["final_W2"][:]
        for repeat in range(2):
            at = repeat  # the first optimizer's runs; all optimizers start alike
            np.savetxt(self.folder / "hidden.csv", np.column_stack([np.tanh(self.X @ W1[at] + b1[at]), self.t]), fmt="%.17g", delimiter=",")
            with h5py.File(self.folder / "start.h5", "w") as file:
                file["W1"], file["b1"] = W2[at], b2[at]
            self.grid("[]", ", init_file: start.h5", DATA.replace("d.csv", "hidden.csv"))
            self.write("grid.yaml", (self.folder / "grid.yaml").read_text().replace(", init_bias: 0.2", "").replace("repeats: 2", "repeats: 1"))
            self.run_program("run", "grid.yaml", "-o", f"{repeat}.h5", "-q")
            with h5py.File(self.folder / f"{repeat}.h5", "r") as file:
                for i, name in enumerate(OPTIMIZERS):
                    np.testing.assert_allclose(file["weights/5-1/final_W1"][i], ends[2 * i + repeat], rtol=1e-7, err_msg=name)

    def test_it_is_swept(self):
        self.write("grid.yaml", "name: freeze\n" + DATA + "base: {hidden: [4], epochs: 2}\ngrid: {freeze: [[], 1, [2]]}\n")
        self.run_program("run", "grid.yaml", "-o", "out.h5", "-q")
        columns = self.run_program("export", "out.h5", "--columns", "freeze").stdout.split()
        self.assertEqual([line.split(",")[-1] for line in columns[1:]], ["none", "1", "2"])


if __name__ == "__main__":
    system.main()
