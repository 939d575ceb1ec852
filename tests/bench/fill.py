"""Measures what share of the FMA peak a grid gets by how many runs it has: 64-H-10 networks on digits, batch 32, momentum.

Each grid is trained three times on one core: by the engine that the program chooses, and by tile and lanes alone, which
it has to come near. The time is the sum of /timing/seconds, so that it is that of training and evaluation alone.
"""
import h5py
import programs

WIDTHS = (4, 8, 16, 32, 64, 128)
# name: (cells, repeats)
RUNS = {"1": (1, 1), "2": (1, 2), "4": (1, 4), "8 repeats": (1, 8), "12 repeats": (1, 12), "16 repeats": (1, 16),
        "100 repeats": (1, 100), "8 cells": (8, 1), "12 cells": (12, 1), "16 cells": (16, 1), "12 cells x 10": (12, 10),
        "16 cells x 10": (16, 10)}
ENGINES = ("fast", "tile", "lanes")
INPUTS, CLASSES, ROWS = 64, 10, 1078  # training rows: 60% of 1,797
SECONDS = 0.03  # of a grid's products at the peak
# What one run alone is to reach, and what full packs are.
LEAST, FULL = {4: .086, 8: .19, 16: .36, 32: .48, 64: .56}, {4: .33, 8: .45, 16: .55, 32: .62}


def yaml(data, width, cells, repeats, epochs, dropout):
    rates = ", ".join(f"{0.01 + 0.0005 * i:.4f}" for i in range(cells))
    return f"""name: fill
repeats: {repeats}
data: {{file: {data}, target: last, task: classification, scale: standardize, split: {{train: 0.6, validation: 0.2, test: rest}}}}
base: {{hidden: [{width}], activation: relu, momentum: 0.9, batch_size: 32, epochs: {epochs}, dropout: {dropout}}}
grid: {{learning_rate: [{rates}]}}
record: {{every: {epochs}}}
"""


def flops(width, epochs):
    """Of a run: 2mnk of each product; the errors of the inputs are not needed."""
    return epochs * ROWS * (4 * INPUTS * width + 6 * width * CLASSES)


def share(program, grid, engine, cpu, folder, repeat):
    """Floating-point operations a second of the fastest of `repeat` trainings."""
    best = 0
    for _ in range(repeat):
        (folder / "fill.yaml").write_text(yaml(**grid))
        out = folder / "fill.h5"
        out.unlink(missing_ok=True)
        programs.timed([program, "run", "fill.yaml", "-q", "-j", 1, "--engine", engine, "-o", out], [cpu], folder)
        with h5py.File(out, "r") as file:
            seconds = float(file["timing/seconds"][:].sum())
        best = max(best, grid["cells"] * grid["repeats"] * flops(grid["width"], grid["epochs"]) / seconds)
    return best


def run(program, data, quick, cpu, folder, repeat, peak, dropout=0):
    """Prints a line for each number of runs, and returns [{runs, width, shares by engine}]."""
    lines = []
    print(f"  share of the FMA peak, dropout {dropout}: chosen (tile alone, lanes alone)")
    print("  " + " " * 16 + "".join(f"H {width:<20}" for width in WIDTHS))
    for name, (cells, repeats) in RUNS.items():
        text = f"  {name:16}"
        for width in WIDTHS:
            epochs = 2 if quick else max(4, round(SECONDS * peak / flops(width, 1) / (cells * repeats)))
            grid = dict(data=data, width=width, cells=cells, repeats=repeats, epochs=epochs, dropout=dropout)
            shares = {engine: share(program, grid, engine, cpu, folder, repeat) / peak for engine in ENGINES}
            lines.append({"runs": name, "width": width, "dropout": dropout, **shares})
            text += f"{shares['fast']:6.1%} ({shares['tile']:.0%}, {shares['lanes']:.0%})".ljust(22)
        print(text, flush=True)
    for goals, name in ((LEAST, "1"), (FULL, "16 cells")):
        missed = [f"H {line['width']}: {line['fast']:.1%} of {goals[line['width']]:.1%}" for line in lines
                  if line["runs"] == name and line["fast"] < goals.get(line["width"], 0)]
        print(f"  goals of {name}: {', '.join(missed) or 'all met'}{' are missed' if missed else ''}")
    worst = min(lines, key=lambda line: line["fast"] / max(line["tile"], line["lanes"]))
    print(f"  least share of the better engine's: {worst['fast'] / max(worst['tile'], worst['lanes']):.2f}, "
          f"{worst['runs']}, H {worst['width']}")
    return lines
