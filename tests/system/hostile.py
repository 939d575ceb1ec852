"""Makes results files that nobody may trust, from a whole one: by hand, each with a lie of its own kind, and by seeded
draws. MAKERS has the lies; damaged(whole, seed) changes bytes, changed(whole, path, seed) datasets, attributes and links."""
import os
import random

import h5py
import numpy as np

SCALES = ("DIMENSION_LIST", "REFERENCE_LIST", "CLASS", "NAME", "_Netcdf4Dimid")


def put(f, path, data=None, **how):
    """Puts a dataset in the place of another, whose attributes it gets."""
    kept = {k: v for k, v in f[path].attrs.items() if k not in SCALES}
    del f[path]
    f.create_dataset(path, data=data, **how).attrs.update(kept)


def n_runs(f):
    return f["runs/run"].shape[0]


# ---- shapes ----

def wide_column(path, columns=64, kind="i4"):
    """A table of chosen bytes where one number for each run is expected."""
    def make(f):
        put(f, path, np.full((n_runs(f), columns), 0x41, kind))
    make.__name__ = f"wide {path}"
    return make


def short_column(path):
    def make(f):
        put(f, path, f[path][:1])
    make.__name__ = f"short {path}"
    return make


def long_column(path):
    """More rows than there are runs."""
    def make(f):
        put(f, path, np.resize(f[path][:], (n_runs(f) + 3, *f[path].shape[1:])))
    make.__name__ = f"long {path}"
    return make


def text_column(path):
    def make(f):
        put(f, path, np.array([b"a" * 9] * n_runs(f)))
    make.__name__ = f"text {path}"
    return make


def scalar_as_column(path):
    """A million numbers where one is expected."""
    def make(f):
        put(f, path, np.full(1000000, 0x41, "i8"))
    make.__name__ = f"many {path}"
    return make


def overflowing(path):
    """Dimensions whose product is 0 or small in 64 bits."""
    def make(f):
        put(f, path, shape=(1 << 32, 1 << 32, 1), maxshape=(None, None, None), dtype="i4", chunks=(64, 64, 1))
    make.__name__ = f"overflowing {path}"
    return make


def empty(path):
    def make(f):
        put(f, path, np.zeros((0, *f[path].shape[1:]), f[path].dtype))
    make.__name__ = f"empty {path}"
    return make


def all_runs(n):
    def make(f):
        for path in ("runs/run", "runs/status", "runs/active", "runs/cell", "runs/key"):
            put(f, path, shape=(n,), dtype=f[path].dtype, chunks=(1024,))
    make.__name__ = f"all of {n} runs"
    return make


# ---- values ----

def values(path, *numbers):
    def make(f):
        f[path][...] = np.resize(np.array(numbers).astype(f[path].dtype), f[path].shape)
    make.__name__ = f"values {path} {numbers[0]}"
    return make


def more_outputs(f):
    """A network of three outputs for the two classes of the data."""
    for group in f["weights"].values():
        group.attrs["widths"] = np.array([*group.attrs["widths"][:-1], 3], "i4")
    widen(f, -1, 3)


def narrow_input(f):
    """A network, and data, of one input, where the grid in the file has two."""
    put(f, "data/input", np.arange(1, dtype="i4"))
    f["data"].attrs.pop("input_names", None)
    widen(f, 0, 1)


def wide_input(f):
    put(f, "data/input", np.arange(7, dtype="i4"))
    f["data"].attrs.pop("input_names", None)
    widen(f, 0, 7)


def widen(f, layer, width):
    """Gives every network another width, with weights to fit."""
    for group in f["weights"].values():
        widths = list(group.attrs["widths"])
        widths[layer] = width
        group.attrs["widths"] = np.array(widths, "i4")
        for name in list(group):
            rows = group["run"].shape[0]
            if "_W" in name:
                at = int(name.split("_W")[1])
                put(f, f"{group.name}/{name}", np.ones((rows, widths[at - 1], widths[at]), "f4"))
            elif "_b" in name and "bias" not in name:
                put(f, f"{group.name}/{name}", np.ones((rows, widths[int(name.split("_b")[1])]), "f4"))


def huge_widths(f):
    for group in f["weights"].values():
        group.attrs["widths"] = np.full(len(group.attrs["widths"]), 0x7fffffff, "i4")
    f["runs/hidden"].attrs["flag_meanings"] = "2147483647 2147483647"


def negative_widths(f):
    for group in f["weights"].values():
        group.attrs["widths"] = np.full(len(group.attrs["widths"]), -2, "i4")
    f["runs/hidden"].attrs["flag_meanings"] = "-2 4294967298"


def many_widths(f):
    for group in f["weights"].values():
        group.attrs["widths"] = np.ones(6000, "i4")


def other_row_of_weights(f):
    for group in f["weights"].values():
        group["run"][...] = np.array([0] * (group["run"].shape[0] - 1) + [1 << 30], "i4")


def unknown_words(f):
    for name, column in f["runs"].items():
        if "flag_meanings" in column.attrs:
            column.attrs["flag_meanings"] = "x" * 5000


def too_few_words(f):
    for name, column in f["runs"].items():
        if "flag_values" in column.attrs:
            column.attrs["flag_values"] = np.arange(len(column.attrs["flag_values"]) + 500)


def covers(text):
    def make(f):
        f["runs/check"].attrs["covers"] = text
    make.__name__ = f"covers {text[:20]}"
    return make


def long_names(f):
    name = "n" * 3000
    f.create_group(f"weights/{name}").create_dataset("run", data=np.arange(n_runs(f), dtype="i4"))
    f.create_group(f"stops/{name}")
    f.create_dataset(f"runs/{name}", data=np.zeros(n_runs(f)))
    f["grid"].attrs["axes"] = [name, "%s%n%n%n", "\x1b[2J"]


def no_grid(f):
    del f["grid"]


def other_grid(f):
    f["grid"].attrs["resolved"] = f["grid"].attrs["yaml"] = "name: [a\n" + "{" * 5000


def put_wide(owner, name, n):
    """Puts integers of 320 bits into an attribute or, where the owner is a file, a dataset: HDF5 1.10 writes over the stack
    where it converts them."""
    kind, space = h5py.h5t.STD_I64LE.copy(), h5py.h5s.create_simple((n, 1))
    kind.set_size(40)
    kind.set_precision(320)
    values = np.frombuffer(bytes((99 + 7 * i) % 256 for i in range(40 * n)), "V40")
    if isinstance(owner, h5py.File):
        owner.pop(name, None)
        h5py.h5d.create(owner.id, name.encode(), kind, space).write(h5py.h5s.ALL, h5py.h5s.ALL, values, mtype=kind)
    else:
        owner.attrs.pop(name, None)
        h5py.h5a.create(owner.id, name.encode(), kind, space).write(values, mtype=kind)


def wide_numbers(f):
    for group in f["stops"].values():
        put_wide(group, "parameter", 1)


def uneven_rules(f):
    del f["stops"][list(f["stops"])[0]]["best_train_loss"]


# ---- storage and links ----

def external(path):
    """The first bytes of another file as numbers."""
    def make(f):
        shape, kind = f[path].shape, f[path].dtype
        del f[path]
        f.create_dataset(path, shape=shape, dtype=kind, external=[("/etc/passwd", 0, int(np.prod(shape)) * kind.itemsize)])
    make.__name__ = f"external {path}"
    return make


def linked(path):
    def make(f):
        del f[path]
        f[path] = h5py.ExternalLink("whole.h5", "/" + path)
    make.__name__ = f"linked {path}"
    return make


def virtual(source, name):
    def make(f):
        n = f["runs/status"].shape
        layout = h5py.VirtualLayout(shape=n, dtype="i4")
        layout[:] = h5py.VirtualSource(source, name, shape=n)
        del f["runs/status"]
        f.create_virtual_dataset("runs/status", layout)
    make.__name__ = f"virtual {source} {name}"
    return make


def ring(path):
    def make(f):
        if path in f:
            del f[path]
        f[path] = h5py.SoftLink("/" + path)
    make.__name__ = f"ring {path}"
    return make


def ring_of_groups(f):
    f["weights/again"] = f["/"]
    f["plots/again"] = f["plots"]


def never_written(path, shape, kind="f8"):
    """A file of a few KB that asks for gigabytes."""
    def make(f):
        n = n_runs(f)
        put(f, path, shape=(n, *shape) if shape else (1 << 33,), dtype=kind, chunks=(1, *(min(s, 1 << 27) for s in shape)) if shape else (1024,),
            compression="gzip")
    make.__name__ = f"never written {path}"
    return make


def bomb(f):
    """Zeros that deflate packs a thousand to one."""
    data = np.zeros((n_runs(f), 1 << 20))
    put(f, "curves/train_loss", data, chunks=(1, 1 << 20), compression="gzip")


COLUMNS = ("runs/status", "runs/cell", "runs/key", "runs/hidden", "runs/learning_rate", "runs/best_train_loss", "data/splits",
           "runs/repeat", "timing/seconds")
MAKERS = [
    *(make(path) for make in (wide_column, short_column, long_column, text_column, overflowing, external) for path in COLUMNS),
    *(make(path) for make in (wide_column, short_column, text_column, empty, external) for path in ("data/split", "curves/train_loss")),
    *map(scalar_as_column, ("state", "timing/pid", "timing/started", "timing/elapsed", "timing/sessions")),
    *map(empty, ("runs/status", "cells/cell", "data/input", "curves/epoch", "runs/active")),
    *map(all_runs, (0, 1 << 33)),
    values("runs/status", -1, 99, 1 << 30, 2), values("runs/cell", -1, 1 << 30), values("runs/cell", 3), values("runs/repeat", -5),
    values("data/splits", -7, 1 << 30), values("data/split", 99, -99), values("runs/hidden", 77, -1), values("runs/active", 0, 1, 7),
    values("runs/epochs", -1, 1 << 62), values("runs/batch_size", -3), values("curves/epoch", -1, 5), values("runs/stop_reason", 99),
    values("runs/fold", 1 << 30), values("runs/epochs_trained", -9), values("runs/output", 50, -50),
    values("runs/loss", 50, -50),
    wide_numbers, uneven_rules, more_outputs, narrow_input, wide_input, huge_widths, negative_widths, many_widths, other_row_of_weights, unknown_words,
    too_few_words, covers("/runs/status /runs/status runs x / //"), covers("/data/split /grid"), covers(""), covers("/weights/x/y /runs"),
    long_names, no_grid, other_grid, *map(linked, ("runs", "runs/status", "grid", "data", "weights")),
    virtual(".", "runs/repeat"), virtual("whole.h5", "runs/status"), virtual(".", "runs/status"),
    *map(ring, ("plots", "weights/loop", "runs/status", "grid")), ring_of_groups,
    never_written("runs/run", ()), never_written("curves/train_loss", (1 << 28,)), never_written("runs/active", (), "u1"),
    never_written("data/split", (1 << 30,), "i1"), bomb,
]


def lie(whole, path, make):
    """Writes the file of one lie; False: this file has no such dataset."""
    path.write_bytes(whole)
    try:
        with h5py.File(path, "r+") as f:
            make(f)
    except (KeyError, ValueError, RuntimeError, OSError):
        return False
    return True


def damaged(whole, seed):
    """Changes a few bytes, most of them among the headers, or cuts the file."""
    draw, data = random.Random(f"hostile {seed}"), bytearray(whole)
    for _ in range(draw.choice((1, 3, 12, 50))):
        at = draw.randrange(min(len(data), draw.choice((2000, 60000, len(data)))))
        data[at] = draw.choice((0, 0xff, draw.randrange(256), data[at] ^ 1 << draw.randrange(8)))
    return bytes(data[:draw.randrange(len(data))] if draw.randrange(20) == 0 else data)


# ---- changes through the library, drawn ----

KINDS = ("i1", "u1", "<i2", "<i4", "<i8", "<u8", "<f4", "<f8", ">f8", "S3", "S40")
NUMBERS = (-1, 0, 1, 2, 3, 7, 8, 9, 127, 255, 1 << 31, (1 << 31) - 1, -1 << 31, (1 << 63) - 1, 0.5, -0.5, 1.5, 1e300, -1e300,
           float("nan"), float("inf"))
TEXTS = ("", "x", "none", "epochs", "64 64", "2 3", "2147483647", "%s%n", "\x1b[2J", "a\nb", "/runs/status", "n" * 5000, "name: [a")


def other_values(draw, values):
    """Some numbers of the same type."""
    flat = values.reshape(-1).copy()
    for _ in range(draw.choice((1, 2, 8))) if flat.size else ():
        with np.errstate(all="ignore"):
            flat[draw.randrange(flat.size)] = draw.choice([np.array(n).astype(flat.dtype) for n in NUMBERS])
    return flat.reshape(values.shape)


def other_shape(draw, values):
    shape = [draw.choice((n, n, 0, 1, n + 1, 2 * n)) for n in values.shape] or [draw.choice((1, 8))]
    shape += draw.choice(([], [], [1], [3]))
    return np.resize(values, shape[draw.choice((0, 0, 0, 1)):])


def other_kind(draw, values):
    with np.errstate(all="ignore"):
        return np.nan_to_num(values).astype(draw.choice(KINDS)) if values.dtype.kind in "iuf" else np.arange(values.size).reshape(values.shape)


def change_dataset(draw, f, path):
    values = f[path][()]
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "iufS":
        return "nothing"
    change = draw.choice((other_values, other_values, other_values, other_shape, other_kind))
    put(f, path, change(draw, values), **draw.choice(({}, {}, {"compression": "gzip"} if values.ndim and values.size else {})))
    return f"{change.__name__} {path}"


def change_attribute(draw, f, path):
    names = sorted(f[path].attrs)
    if not names:
        return "nothing"
    name = draw.choice(names)
    how = draw.choice(("gone", "text", "numbers", "number"))
    del f[path].attrs[name]
    if how != "gone":
        numbers = np.array([draw.choice(NUMBERS) for _ in range(draw.choice((1, 3, 40)))])
        f[path].attrs[name] = draw.choice(TEXTS) if how == "text" else numbers if how == "numbers" else numbers[0]
    return f"{how} {path}@{name}"


def change_link(draw, f, path, others):
    """Another object, or none, in the place of one."""
    how, other = draw.choice(("gone", "soft", "hard", "group", "moved")), draw.choice(others)
    kept = f[other] if how == "hard" else None
    if how == "moved":
        f.move(path, path + "_")
        return f"moved {path}"
    del f[path]
    if how == "soft":
        f[path] = h5py.SoftLink("/" + other)
    elif how == "hard":
        f[path] = kept
    elif how == "group":
        f.create_group(path)
    return f"{how} {path} {other}"


def changed(whole, path, seed):
    """Writes a file with one to four changes; returns which."""
    draw, done = random.Random(f"changed {seed}"), []
    path.write_bytes(whole)
    with h5py.File(path, "r+") as f:
        for _ in range(draw.choice((1, 1, 2, 4))):
            names = []
            f.visit(names.append)
            name = draw.choice(names)
            try:
                if draw.randrange(6) == 0:
                    done.append(change_link(draw, f, name, names))
                elif draw.randrange(3) == 0 or isinstance(f[name], h5py.Group):
                    done.append(change_attribute(draw, f, name))
                else:
                    done.append(change_dataset(draw, f, name))
            except (KeyError, ValueError, TypeError, RuntimeError, OSError) as error:
                done.append(f"{type(error).__name__} {name}")  # HDF5 itself does not allow it
    return "; ".join(done)
