"""Tests show --importance: its shares are those of NumPy, on a product of settings and where cells are missing."""
import itertools
import json

import h5py
import numpy as np
import system
import test_definitions as definitions

GRID = """
name: importance
repeats: 3
data: {builtin: moons, rows: 90, noise: 0.3, seed: 3, split: {train: 30, validation: 30, test: 30}}
base: {hidden: [5], activation: tanh, epochs: 8}
success: {final_train_error: "< 0.3"}
grid: {learning_rate: [0.01, 0.1, 1], lambda: [0, 1, 10], momentum: [0, 0.9]}
"""


def columns(levels):
    """One column of 0 and 1 for each level."""
    return (levels[:, None] == np.unique(levels)).astype(float)


def explained(blocks, y):
    """The variance that these columns explain, beside a mean."""
    matrix = np.column_stack([np.ones(len(y)), *blocks])
    return np.var(matrix @ np.linalg.lstsq(matrix, y, rcond=None)[0])


def orders(terms):
    """All orders in which each pair comes after its two settings."""
    for order in itertools.permutations(terms):
        if all({(a,), (b,)} <= set(order[:i]) for i, (a, *rest) in enumerate(order) for b in rest):
            yield order


def drawn_orders(terms, n=32):
    """Orders that the program draws where there are too many: always the first term of a permutation that may enter."""
    for k in range(n):
        left, order = [terms[i] for i in definitions.permutation(0x696d706f7274, k, len(terms))], []
        while left:
            order.append(next(t for t in left if len(t) == 1 or {(a,) for a in t} <= set(order)))
            left.remove(order[-1])
        yield order


def fit(levels, y, all_orders):
    """The variance that each term explains when it enters, in the mean over these orders."""
    value, gains, n = {}, {}, 0
    for n, order in enumerate(all_orders, 1):
        for i, term in enumerate(order):
            for k in (i, i + 1):
                if frozenset(order[:k]) not in value:
                    blocks = (levels[t[0]] if len(t) == 1 else 1000 * levels[t[0]] + levels[t[1]] for t in order[:k])
                    value[frozenset(order[:k])] = explained([columns(b) for b in blocks], y)
            gains[term] = gains.get(term, 0) + value[frozenset(order[:i + 1])] - value[frozenset(order[:i])]
    return {t: gain / n for t, gain in gains.items()}


class Importance(system.SystemTest):
    def setUp(self):
        super().setUp()
        self.write("importance.yaml", GRID)
        self.run_program("run", "importance.yaml", "-q", "-o", "importance.h5")

    def read(self, by):
        """Returns levels[setting][cell], table[cell][repeat] of the cells that have a value of every run."""
        with h5py.File(self.folder / "importance.h5", "r") as file:
            runs = {name: file["runs"][name][()] for name in ("cell", "status", by, *self.names())}
        value = np.where(runs["status"] == 1, runs[by], np.nan).reshape(-1, 3)
        keep = np.isfinite(value).all(1)
        return [runs[name][::3][keep] for name in self.names()], value[keep]

    def names(self):
        return "learning_rate", "lambda", "momentum"

    def shares(self, *more):
        found = json.loads(self.run_program("show", "importance.h5", "--importance", "--json", *more).stdout)
        index = {name: i for i, name in enumerate(self.names())}
        return found, {tuple(sorted(index[name] for name in term["settings"])): term["share"] for term in found["terms"]}

    def terms(self):
        return [t for n in (1, 2) for t in itertools.combinations(range(3), n)]

    def noise(self, table):
        left = table - table.mean(1, keepdims=True) - table.mean(0) + table.mean()
        return (left ** 2).sum() / (len(table) - 1) / 2 / 3 / len(table)  # of a mean of 3 repeats, in the variance of cells

    def expect(self, gains, freedom, table):
        """Shares of these gains, and of what they leave, without the part of repeats."""
        y, noise = table.mean(1), self.noise(table)
        rest = y.var() - sum(gains.values()), len(y) - 1 - sum(freedom.values())
        shares = {t: max(0, gains[t] - freedom[t] * noise) for t in gains}
        shares["higher"] = max(0, rest[0] - rest[1] * noise)
        return {t: share / sum(shares.values()) for t, share in shares.items()}

    def check(self, expected, found, shares):
        for term in shares:
            self.assertAlmostEqual(shares[term], expected[term], delta=1e-9, msg=term)
        self.assertAlmostEqual(found["higher_orders"], expected["higher"], delta=1e-9)

    def test_a_product(self):
        found, shares = self.shares()
        levels, table = self.read("best_validation_loss")
        self.assertEqual((found["method"], found["cells"], found["left_out"]), ("anova", 18, 0))
        cube = table.mean(1).reshape(3, 3, 2)
        gains = {}
        for term in self.terms():
            effect = cube.mean(axis=tuple({0, 1, 2} - set(term)), keepdims=True) - cube.mean()
            for a in term if len(term) == 2 else ():
                effect = effect - (cube.mean(axis=tuple({0, 1, 2} - {a}), keepdims=True) - cube.mean())
            gains[term] = (effect ** 2).mean()
        freedom = {t: np.prod([len(np.unique(levels[a])) - 1 for a in t]) for t in gains}
        self.check(self.expect(gains, freedom, table), found, shares)

    def test_missing_cells(self):
        with h5py.File(self.folder / "importance.h5", "r+") as file:
            file["runs/status"][4] = 2  # diverged: cell 1
            file["runs/best_validation_loss"][30] = np.nan  # cell 10
        found, shares = self.shares()
        self.assertEqual((found["method"], found["cells"], found["left_out"]), ("least_squares", 16, 2))
        levels, table = self.read("best_validation_loss")
        gains = fit(levels, table.mean(1), orders(self.terms()))
        # As in the product: what is missing is one cell of three learning rates x lambdas at one momentum.
        freedom = {(0,): 2, (1,): 2, (2,): 1, (0, 1): 4, (0, 2): 2, (1, 2): 2}
        self.check(self.expect(gains, freedom, table), found, shares)
        for term in found["terms"]:
            self.assertLessEqual(term["low"], term["high"])
        self.assertEqual(found["resamples"], 200)

    def sparse(self, names, axes):
        """Trains one repeat of a grid with holes, so that no part of the repeats is taken off, and compares."""
        self.names = lambda: names
        self.write("importance.yaml", GRID.split("grid:")[0].replace("repeats: 3", "repeats: 1") + axes)
        self.run_program("run", "importance.yaml", "-q", "-o", "sparse.h5")
        (self.folder / "sparse.h5").replace(self.folder / "importance.h5")
        with h5py.File(self.folder / "importance.h5", "r+") as file:
            n = len(file["runs/status"])
            file["runs/status"][n // 3] = 2
            y = np.random.default_rng(8).normal(size=n) + 3 * file[f"runs/{names[0]}"][()]
            file["runs/best_validation_loss"][:] = y
            keep = np.arange(n) != n // 3
            levels = [np.unique(file[f"runs/{name}"][()][keep], return_inverse=True)[1] for name in names]
        return self.shares()[1], levels, y[keep]

    def check_gains(self, shares, gains, y):
        for term, share in shares.items():
            self.assertAlmostEqual(share, gains[term] / y.var(), delta=1e-9, msg=term)

    def test_drawn_orders(self):
        names = "learning_rate", "lambda", "momentum", "dropout", "l1"
        shares, levels, y = self.sparse(names, "grid: {learning_rate: [0.1, 0.2, 1], lambda: [0, 1], momentum: [0, 0.9], "
                                               "dropout: [0, 0.2], l1: [0, 1]}")
        terms = [t for n in (1, 2) for t in itertools.combinations(range(5), n)]
        self.check_gains(shares, fit(levels, y, drawn_orders(terms)), y)

    def test_pairs_with_more_columns_than_cells(self):
        shares, levels, y = self.sparse(self.names(), "sample: 60\ngrid: {%s}" % ", ".join(
            f"{name}: [{', '.join(str(k / 10) for k in range(1, 9))}]" for name in self.names()))
        self.check_gains(shares, fit(levels, y, orders(self.terms())), y)

    def test_by_another_metric_and_in_words(self):
        found, shares = self.shares("--by", "solved")
        self.assertEqual(found["metric"], "solved")
        text = self.run_program("show", "importance.h5", "--importance", "--by", "solved").stdout
        for (a, *b), share in shares.items():
            name = " x ".join(self.names()[i] for i in (a, *b))
            self.assertRegex(text, rf"(?m)^{name} +{share:.3f}$")

    def test_what_has_no_shares(self):
        for grid, reason in (("", "the grid sweeps no setting"),
                             ("grid: {lambda: [0]}", "a value of best_validation_loss for every run: 1 of 1"),
                             ("grid: {momentum: [0, 0.5], learning_rate: [0]}", "is the same in all 2 cells")):
            self.write("none.yaml", GRID.split("grid:")[0] + grid)
            self.run_program("run", "none.yaml", "-q", "-o", "none.h5")
            self.assertIn(reason, self.run_program("show", "none.h5", "--importance", code=2).stderr)
            (self.folder / "none.h5").unlink()


if __name__ == "__main__":
    system.main()
