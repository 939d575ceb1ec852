"""Writes one small table in every format that nngrid reads, for the tests of the formats."""
import gzip
import io
import struct
import zipfile

import h5py
import numpy as np
import scipy.io
import scipy.sparse

ROWS, COLUMNS, CLASSES = 60, 4, 3


def table(seed=1, real=True):
    """Returns X[60, 4] and labels 0..2; X has real numbers whose text is exact, or bytes."""
    generator = np.random.default_rng(seed)
    X = generator.integers(0, 256, (ROWS, COLUMNS))
    y = np.arange(ROWS) * 7 % CLASSES
    return (X / 8.0 - 3.0 if real else X.astype("u1")), y


def text_rows(X, y, separator, header=None):
    lines = [] if header is None else [separator.join(header)]
    for row, label in zip(X, y):
        lines.append(separator.join([f"{value:.17g}" for value in row] + [str(label)]))
    return "\n".join(lines) + "\n"


def csv(path, X, y):
    path.write_text(text_rows(X, y, ","))


def csv_packed(path, X, y):
    path.write_bytes(gzip.compress(text_rows(X, y, ";", ["a", "b", "c", "d", "class"]).encode()))


def tsv(path, X, y):
    path.write_text(text_rows(X, y, "\t", ["a", "b", "c", "d", "class"]))


def csv_quoted(path, X, y):
    """Writes every field in quotes, a name with a comma and a quote, blanks, and the line ends of Windows."""
    lines = ['"a, the first","b ""x""",c,d,class']
    lines += [", ".join([f'"{value:.17g}"' for value in row] + [f'"{label}"']) for row, label in zip(X, y)]
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode())


def packed(write):
    """Writes the same file packed by gzip."""
    def write_packed(path, X, y):
        plain = path.with_suffix("")
        write(plain, X, y)
        path.write_bytes(gzip.compress(plain.read_bytes()))
        plain.unlink()
    return write_packed


def npy(path, X, y):
    np.save(path, np.c_[X.astype(float), y])


def npz(path, X, y):
    np.savez(path, X=X, y=y)


def npz_packed(path, X, y):
    np.savez_compressed(path, X=np.asfortranarray(X), y=np.asarray(y, "U4"))


def idx_bytes(array):
    """Writes IDX, in the types of MNIST and the like."""
    codes = {"u1": 8, "i4": 12, "f8": 14}
    kind = array.dtype.str[1:]
    return (struct.pack(">BBBB", 0, 0, codes[kind], array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
            + array.astype(">" + kind).tobytes())


def idx(path, X, y):
    """Writes the inputs and, in a file beside them, the labels, packed."""
    path.write_bytes(idx_bytes(X if X.dtype == np.uint8 else X.astype("f8")))
    labels(path, ".idx.gz").write_bytes(gzip.compress(idx_bytes(np.asarray(y, "u1"))))


def npy_pair(path, X, y):
    np.save(path, X)
    np.save(labels(path, ".npy"), np.asarray(y, ">i4"))


def labels(path, ending):
    return path.with_name("labels" + ending)


def mat(path, X, y):
    scipy.io.savemat(path, {"X": X, "y": np.asarray(y).reshape(-1, 1).astype("u1")}, do_compression=True)


def mat_plain(path, X, y):
    scipy.io.savemat(path, {"X": X, "y": np.asarray(y, float)}, do_compression=False)


def mat_4(path, X, y):
    scipy.io.savemat(path, {"X": X.astype(float), "y": np.asarray(y, float)}, format="4")


def mat_words(path, X, y):
    scipy.io.savemat(path, {"X": X, "y": np.array([str(label) for label in y], dtype=object)}, do_compression=True)


MAT73_HEADER = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(116) + bytes(8) + struct.pack("<H", 0x0200) + b"IM"


def mat_sparse(path, X, y):
    scipy.io.savemat(path, {"X": scipy.sparse.csc_matrix(X.astype(float)), "y": np.asarray(y, float)}, do_compression=True)


def mat73(path, X, y):
    """Writes HDF5 as MATLAB does: transposed arrays, their class as text that ends in NUL, and 512 bytes in front."""
    with h5py.File(path, "w", userblock_size=512) as file:
        matlab_array(file, "X", X, "uint8" if X.dtype == np.uint8 else "double")
        matlab_array(file, "y", np.asarray(y, float).reshape(-1, 1), "double")
    mark_mat73(path)


def mat73_sparse(path, X, y):
    """Writes X as MATLAB does sparse matrices: a group of numbers, their rows, and where columns begin."""
    stored = scipy.sparse.csc_matrix(X.astype(float))
    with h5py.File(path, "w", userblock_size=512) as file:
        group = file.create_group("X")
        group["data"], group["ir"], group["jc"] = stored.data, stored.indices.astype("u8"), stored.indptr.astype("u8")
        group.attrs["MATLAB_sparse"] = np.uint64(X.shape[0])
        mark_class(group, "double")
        matlab_array(file, "y", np.asarray(y, float).reshape(-1, 1), "double")
    mark_mat73(path)


def mark_mat73(path):
    with open(path, "r+b") as file:
        file.write(MAT73_HEADER)


def matlab_array(file, name, values, matlab_class):
    file[name] = np.ascontiguousarray(values.T)
    mark_class(file[name], matlab_class)


def mark_class(thing, matlab_class):
    text = h5py.h5t.C_S1.copy()
    text.set_size(len(matlab_class) + 1)
    text.set_strpad(h5py.h5t.STR_NULLTERM)
    space = h5py.h5s.create(h5py.h5s.SCALAR)
    attribute = h5py.h5a.create(thing.id, b"MATLAB_class", text, space)
    attribute.write(np.array(matlab_class.encode(), dtype=f"S{len(matlab_class) + 1}"), mtype=text)


def hdf5(path, X, y):
    with h5py.File(path, "w") as file:
        file["X"] = X
        file["y"] = y


def hdf5_deep(path, X, y):
    """Writes compressed images of 2 x 2, with labels as text, in a group."""
    with h5py.File(path, "w") as file:
        file.create_dataset("set/images", data=X.reshape(-1, 2, 2), compression="gzip", shuffle=True)
        file["set/labels"] = [str(label) for label in y]


def proben1(path, X, y):
    lines = [f"bool_in=0\nreal_in={COLUMNS}\nbool_out={CLASSES}\nreal_out=0",
             "training_examples=30\nvalidation_examples=18\ntest_examples=12"]
    for row, label in zip(X, y):
        lines.append(" ".join([f"{value:.17g}" for value in row] + [str(int(label == k)) for k in range(CLASSES)]))
    path.write_text("\n".join(lines) + "\n")


# Name, file, what writes it, what the grid says of it beside or instead of `file: NAME`.
FORMATS = [
    ("csv", "data.csv", csv, ""),
    ("csv packed", "data.csv.gz", csv_packed, ""),
    ("csv quoted", "data.csv", csv_quoted, ""),
    ("tsv", "data.tsv", tsv, ""),
    ("tsv packed", "data.tsv.gz", packed(tsv), ""),
    ("npy", "data.npy", npy, ""),
    ("npy packed", "data.npy.gz", packed(npy), ""),
    ("npy pair", "data.npy", npy_pair, "file: {inputs: data.npy, targets: labels.npy}"),
    ("npz", "data.npz", npz, ""),
    ("npz packed", "data.npz", npz_packed, "target: {inputs: X, targets: y}"),
    ("idx", "data.idx", idx, "file: {inputs: data.idx, targets: labels.idx.gz}"),
    ("idx packed", "data.idx.gz", packed(idx), "file: {inputs: data.idx.gz, targets: labels.idx.gz}"),
    ("mat", "data.mat", mat, ""),
    ("mat 4", "data.mat", mat_4, ""),
    ("mat plain", "data.mat", mat_plain, ""),
    ("mat words", "data.mat", mat_words, ""),
    ("mat sparse", "data.mat", mat_sparse, ""),
    ("mat 7.3", "data.mat", mat73, ""),
    ("mat 7.3 sparse", "data.mat", mat73_sparse, ""),
    ("hdf5", "data.h5", hdf5, ""),
    ("hdf5 deep", "data.h5", hdf5_deep, "target: {inputs: set/images, targets: set/labels}"),
    ("proben1", "data.dt", proben1, ""),
    ("proben1 packed", "data.dt.gz", packed(proben1), ""),
]


# ---- the same numbers in other types, orders and layouts ----


def as_npz(change):
    def write(folder, X, y):
        np.savez(folder / "data.npz", **change(X, y))
        return "data.npz"
    return write


def as_hdf5(kind, **options):
    """Writes X in this type, or None where it does not hold the values."""
    def write(folder, X, y):
        if np.issubdtype(np.dtype(kind), np.integer) and (np.asarray(X) != np.round(X)).any():
            return None
        with h5py.File(folder / "data.h5", "w") as file:
            file.create_dataset("X", data=X, dtype=kind, **options)
            file.create_dataset("y", data=y, dtype=">i2")
        return "data.h5"
    return write


def hdf5_packed(folder, X, y):
    """Writes netCDF's packed numbers, with a number for missing ones."""
    missing = np.isnan(X)
    with h5py.File(folder / "data.nc", "w") as file:
        file["X"] = np.where(missing, -32768, (np.where(missing, 0, X) + 3.0) * 8.0).astype("i2")
        for name, value in (("scale_factor", 0.125), ("add_offset", -3.0), ("_FillValue", np.int16(-32768))):
            file["X"].attrs[name] = value
        file["y"] = y
    return "data.nc"


FORMS = {
    "npz float16": as_npz(lambda X, y: {"X": X.astype("f2"), "y": y}),
    "npz big float16": as_npz(lambda X, y: {"X": X.astype(">f2"), "y": y.astype(">u2")}),
    "npz big Fortran": as_npz(lambda X, y: {"X": np.asfortranarray(X.astype(">f4")), "y": y.astype(">i8")}),
    "npz row of labels": as_npz(lambda X, y: {"X": X, "y": y.reshape(1, -1)}),
    "hdf5 float16": as_hdf5("f2"),
    "hdf5 big": as_hdf5(">f4"),
    "hdf5 chunked": as_hdf5("f8", chunks=(7, 3), shuffle=True, fletcher32=True, compression="gzip"),
    "hdf5 int16": as_hdf5(">i2"),
    "hdf5 packed": hdf5_packed,
}


def grid(name, text, more=""):
    """Returns a small grid on the data that `text` names; `more` is part of the data section too."""
    file = "" if text.startswith("file:") else f"  file: {name}\n"
    named = f"  {text}\n" if text else ""
    return (f"name: formats\nrepeats: 2\ndata:\n{file}{named}{more}"
            "base: {hidden: [5], activation: tanh, epochs: 3, batch_size: 8}\ngrid: {learning_rate: [0.05, 0.2]}\n")


def repack(path, change):
    """Writes a zip archive anew, each member by change(name, bytes) -> bytes, or None to leave it out."""
    with zipfile.ZipFile(path) as old:
        members = [(name, old.read(name)) for name in old.namelist()]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as new:
        for name, content in members:
            changed = change(name, content)
            if changed is not None:
                new.writestr(name, changed)
    path.write_bytes(out.getvalue())
