"""Writes data files that are certainly wrong, each by a seeded draw: cut short, with wrong headers, with text and NaN
among numbers, with sizes that nothing holds. damage(name, path, random) spoils a good file that tables.py wrote, and
returns what it did."""
import gzip
import io
import re
import struct
import zipfile
import zlib

import h5py
import numpy as np
import scipy.io
import scipy.sparse
import tables


def cut(path, random, low=0, high=None):
    """Cuts the file at least one byte short; from `low` bytes on."""
    content = path.read_bytes()
    n = random.randrange(low, len(content) - 1 if high is None else high)
    path.write_bytes(content[:n])
    return f"cut to {n} of {len(content)} bytes"


def overwrite(path, at, content):
    whole = bytearray(path.read_bytes())
    whole[at:at + len(content)] = content
    path.write_bytes(bytes(whole))


def junk(random, n):
    return bytes(random.randrange(256) for _ in range(n))


# ---- text ----

def text_lines(path):
    return path.read_text().splitlines()


def change_field(path, random, separator, word, header):
    """Replaces an input of some row by a word."""
    lines = text_lines(path)
    row = random.randrange(header, len(lines))
    fields = lines[row].split(separator)
    fields[random.randrange(tables.COLUMNS)] = word
    lines[row] = separator.join(fields)
    path.write_text("\n".join(lines) + "\n")
    return f"{word!r} in line {row + 1}"


def change_row(path, random, header, change):
    lines = text_lines(path)
    row = random.randrange(header, len(lines))
    lines[row] = change(lines[row])
    path.write_text("\n".join(lines) + "\n")
    return f"line {row + 1} becomes {lines[row][:40]!r}"


BAD_NUMBERS = ["NaN", "", "?", "abc", "1.2.3", "1e999", "0x1f", "--5", "1,5x", "inf", "-inf", "12abc", "\u00bd", "1 2"]


def separated(path, random, separator, header):
    kind = random.randrange(9)
    if kind < 3:
        bad = [word for word in BAD_NUMBERS if separator not in word]
        return change_field(path, random, separator, random.choice(bad), header)
    if kind == 3:
        return change_row(path, random, header, lambda row: row.rsplit(separator, 1)[0])
    if kind == 4:
        return change_row(path, random, header, lambda row: row + separator + "1")
    if kind == 5:
        return change_row(path, random, header, lambda row: row.rsplit(separator, 1)[0] + separator + "0.5")
    if kind == 6:
        return change_row(path, random, header, lambda row: '"' + row)
    if kind == 7:
        content = path.read_bytes()
        overwrite(path, random.randrange(len(content)), b"\0")
        return "a zero byte"
    content = path.read_bytes()[:random.choice([0, 1, 3])]
    path.write_bytes(content)
    return f"{content!r} alone"


def csv(path, random):
    return separated(path, random, ",", 1)  # a word in the first line would be a header


def tsv(path, random):
    return separated(path, random, "\t", 1)


def packed_csv(path, random):
    content = path.read_bytes()
    if random.random() < 0.5:
        return cut(path, random, 20)
    if random.random() < 0.3:  # the checksum and the length at the end
        overwrite(path, len(content) - 8 + random.randrange(8), bytes([content[-1] ^ 0xff]) * 1)
        if path.read_bytes() != content and gzip_fails(path):
            return "the trailer of gzip"
        path.write_bytes(content)
    overwrite(path, random.randrange(60, len(content) - 40), junk(random, 30))
    return "junk within gzip" if gzip_fails(path) else cut(path, random, 20)


def gzip_fails(path):
    try:
        gzip.decompress(path.read_bytes())
        return False
    except (OSError, EOFError, zlib.error):
        return True


def proben1(path, random):
    kind = random.randrange(8)
    if kind < 2:
        return change_field(path, random, " ", random.choice(["NaN", "abc", "1e999", "0x1", "1;2", "inf"]), 7)
    if kind == 2:
        return change_row(path, random, 7, lambda row: row + " 1")
    if kind == 3:
        return change_row(path, random, 7, lambda row: row.rsplit(" ", 1)[0])
    if kind == 4:  # an output that is not 1 of m
        return change_row(path, random, 7, lambda row: " ".join(row.split()[:tables.COLUMNS] + ["1", "1", "0"]))
    if kind == 5:
        lines = text_lines(path)
        del lines[random.randrange(7)]
        path.write_text("\n".join(lines) + "\n")
        return "a line of the header is missing"
    if kind == 6:
        lines = text_lines(path)
        which = random.randrange(7)
        name = lines[which].split("=")[0]
        value = random.choice(["-1", "7", "9999999999", "1e300", "x", "", "2.5", "999999", "1000000000"])
        lines[which] = f"{name}={value}"
        path.write_text("\n".join(lines) + "\n")
        return lines[which]
    return cut(path, random, 0, len(path.read_bytes()) - 40)


# ---- NumPy ----

def npy_header(content):
    """Returns the header of a .npy file as text, and its elements."""
    length = struct.unpack("<H", content[8:10])[0]
    return content[10:10 + length].decode("latin1"), content[10 + length:]


def npy_with(header, elements, version=b"\x01\x00"):
    text = header.encode("latin1")
    return b"\x93NUMPY" + version + struct.pack("<H", len(text)) + text + elements


def spoil_npy(content, random):
    """Returns the bytes of a wrong .npy file, and what is wrong."""
    header, elements = npy_header(content)
    kind = random.randrange(9)
    if kind == 0:
        n = random.randrange(len(content) - 1)
        return content[:n], f"cut to {n} bytes"
    if kind == 1:
        return content + junk(random, 1 + random.randrange(9)), "bytes too many"
    if kind == 2:
        return b"\x93NUMPX" + content[6:] if random.random() < 0.5 else junk(random, 6) + content[6:], "the magic"
    if kind == 3:
        return content[:6] + bytes([random.choice([0, 4, 9, 255]), 0]) + content[8:], "the version"
    if kind == 4:
        shape = random.choice(["(60, 6)", "(61, 5)", "(1000000000000, 5)", "(9999999999999999999, 5)", "(-60, 5)",
                               "(60, )", "()", "(0, 5)", "60, 5", "(60, 5", "(60, x)", "(4294967296, 4294967296)",
                               "(1,1,1,1,1,1,1,1,1,300)"])
        return npy_with(re.sub(r"'shape': \([^)]*\)", f"'shape': {shape}", header), elements), f"shape {shape}"
    if kind == 5:
        descr = random.choice(["|O", "<c16", "<M8[s]", "<f2", "", "<f", "xx", "<i16", "<U0", "<V8", "f8", "<f8f8f8f8f8f8"])
        return npy_with(re.sub(r"'descr': '[^']*'", f"'descr': '{descr}'", header), elements), f"descr {descr}"
    if kind == 6:
        broken = random.choice([header.replace("{", "["), header.replace(":", "="), header.replace("'descr'", "'desc'"),
                                header.replace("False", "Maybe"), header[:random.randrange(20)], "", "{}",
                                "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (60,), }"])
        return npy_with(broken, elements), f"header {broken[:30]!r}"
    if kind == 7:
        length = random.choice([0, 1, 5, 60000])
        return content[:8] + struct.pack("<H", length) + content[10:], f"header of {length} bytes"
    value = random.choice([np.nan, np.inf, -np.inf])
    array = np.load(io.BytesIO(content)).astype(float)
    array[random.randrange(len(array)), random.randrange(tables.COLUMNS)] = value
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue(), f"{value} among the numbers"


def npy(path, random):
    content, how = spoil_npy(path.read_bytes(), random)
    path.write_bytes(content)
    return how


def central(content):
    """Returns the offsets of the entries of a zip directory."""
    return [match.start() for match in re.finditer(b"PK\x01\x02", content)]


def npz(path, random):
    content = path.read_bytes()
    kind = random.randrange(9)
    if kind == 0:
        return cut(path, random)
    if kind == 1:
        spoilt = []

        def change(name, old):
            if name != "X.npy":
                return old
            new, how = spoil_npy(old, random)
            spoilt.append(how)
            return new
        tables.repack(path, change)
        return "X: " + spoilt[0]
    if kind == 2:
        tables.repack(path, lambda name, old: None if name == "X.npy" else old)
        return "no X"
    if kind == 3:  # a byte of the elements: the checksum tells
        with zipfile.ZipFile(path) as archive:
            info = archive.getinfo("X.npy")
        at = info.header_offset + 200 + random.randrange(min(info.compress_size, 400) - 150)
        overwrite(path, at, bytes([content[at] ^ (1 + random.randrange(255))]))
        return f"byte {at} is another"
    entry = central(content)[0]
    if kind == 4:
        overwrite(path, entry + 10, struct.pack("<H", random.choice([1, 9, 12, 14, 99])))
        return "an unknown method"
    if kind == 5:
        overwrite(path, entry + random.choice([20, 24]), struct.pack("<I", random.choice([0xffffffff, 0xfffffff0, 1, 0])))
        return "a size"
    if kind == 6:
        overwrite(path, entry + 42, struct.pack("<I", random.choice([0xffffffff, 7, len(content), 0x7fffffff])))
        return "the place of the member"
    if kind == 7:
        end = content.rindex(b"PK\x05\x06")
        overwrite(path, end + random.choice([12, 16]), struct.pack("<I", random.choice([0, 0xffffffff, 3, len(content)])))
        return "the end record"
    overwrite(path, entry + random.choice([0, 28, 30]), b"\xff\xff")
    return "the directory"


# ---- IDX ----

def idx(path, random):
    content = path.read_bytes()
    kind = random.randrange(7)
    if kind == 0:
        return cut(path, random)
    if kind == 1:
        path.write_bytes(content + junk(random, 1 + random.randrange(20)))
        return "bytes too many"
    if kind == 2:
        overwrite(path, 2, bytes([random.choice([0, 7, 10, 15, 255])]))
        return "the type"
    if kind == 3:
        overwrite(path, 3, bytes([random.choice([0, 1, 3, 9, 200])]))
        return "the number of dimensions"
    if kind == 4:
        size = random.choice([0, 1, 59, 61, 0x7fffffff, 0xffffffff, 0x80000000])
        overwrite(path, 4 + 4 * random.randrange(2), struct.pack(">I", size))
        return f"a dimension of {size}"
    if kind == 5:
        at = 12 + 8 * random.randrange(tables.ROWS * tables.COLUMNS)
        value = random.choice([np.nan, np.inf, -np.inf])
        overwrite(path, at, struct.pack(">d", value))
        return f"{value} among the numbers"
    labels = tables.labels(path, ".idx.gz")
    if random.random() < 0.5:
        labels.write_bytes(gzip.compress(tables.idx_bytes(np.zeros(random.choice([1, 59, 61]), "u1"))))
        return "labels for other rows"
    return "labels " + cut(labels, random, 12)


# ---- MATLAB ----

def bad_matrix(X, random):
    """Writes a matrix that cannot be inputs."""
    spoilt = np.array(X, float)
    kind = random.randrange(7)
    if kind < 2:
        spoilt[random.randrange(len(X)), random.randrange(X.shape[1])] = [np.nan, np.inf][kind]
        return spoilt, "NaN or infinity"
    return [(spoilt[:-1], "a row less"), (spoilt * 1j, "complex numbers"), (spoilt.reshape(2, 30, -1), "3 dimensions"),
            (np.zeros((0, 4)), "nothing in it"), (np.array([["ab", "cd"]]), "text")][kind - 2]


def mat(path, random):
    kind = random.randrange(6)
    content = path.read_bytes()
    loaded = scipy.io.loadmat(path)
    X, y = loaded["X"], loaded["y"]
    if kind == 0:
        return cut(path, random, 0, len(content) - 100)
    if kind == 1:
        overwrite(path, 124, random.choice([b"\0\0\0\0", b"\x00\x01XX", b"\xff\xff\xff\xff"]))
        return "version and byte order"
    if kind == 2:
        spoilt, how = bad_matrix(X, random)
        scipy.io.savemat(path, {"X": spoilt, "y": y}, do_compression=random.random() < 0.5)
        return how
    if kind == 3:
        cells = np.empty(2, dtype=object)
        cells[:] = [X, y]
        X = random.choice([scipy.sparse.csc_matrix(X * 1j), {"field": X}, cells])
        scipy.io.savemat(path, {"X": X, "y": y})
        return "X is no matrix"
    if kind == 4:
        scipy.io.savemat(path, {random.choice(["x", "inputs", "Xx"]): X, "y": y})
        return "no X"
    scipy.io.savemat(path, {"X": X, "y": y})  # not packed: the dimensions of X lie at a known place
    at = path.read_bytes().index(struct.pack("<ii", *X.shape))
    size = random.choice([0, -1, 0x7fffffff, 100000, 59, 1 << 30])
    overwrite(path, at + 4 * random.randrange(2), struct.pack("<i", size))
    return f"a dimension of {size}"


def mat73(path, random):
    kind = random.randrange(5)
    content = path.read_bytes()
    if kind == 0:
        return cut(path, random, 0, len(content) - 1)
    if kind == 1:
        overwrite(path, 512 + random.randrange(8), b"\0\0")
        return "the signature of HDF5"
    if kind == 2:
        overwrite(path, random.choice([0, 124, 126]), b"\0\0")
        overwrite(path, 512, b"\0\0\0\0")
        return "the header, and the signature"
    X, y = tables.table()
    with h5py.File(path, "w", userblock_size=512) as file:
        if kind == 3:
            spoilt, how = bad_matrix(X, random)
            text = spoilt.dtype.kind == "U"
            tables.matlab_array(file, "X", np.zeros((2, 2)) if text else spoilt, "cell" if text else "double")
            tables.matlab_array(file, "y", np.asarray(y, float).reshape(-1, 1), "double")
        else:
            how = "no X"
            tables.matlab_array(file, "inputs", X, "double")
    tables.mark_mat73(path)
    return how


# ---- HDF5 ----

def hdf5(path, random):
    kind = random.randrange(8)
    content = path.read_bytes()
    X, y = tables.table()
    if kind == 0:
        return cut(path, random)
    if kind == 1:
        overwrite(path, random.randrange(8), b"\0\0")
        return "the signature"
    with h5py.File(path, "a") as file:
        if kind == 2:
            spoilt, how = bad_matrix(X, random)
            del file["X"]
            file["X"] = spoilt if spoilt.dtype.kind != "U" else ["a", "b"]
            return how if spoilt.ndim < 3 else drop_rows(file, X)
        if kind == 3:
            del file["X"]
            size = random.choice([(10**12, 4), (10**6, 10**6), (2**31, 1), (60, 2**40)])
            file.create_dataset("X", shape=size, dtype="f8", chunks=(100, 1))
            return f"{size} and nothing stored"
        if kind == 4:
            del file["X"]
            file.create_group("X")
            return "X is a group"
        if kind == 5:
            del file["X"]
            file["X"] = random.choice([np.zeros((), "f8"), np.zeros((60, 0)), np.zeros(60, [("a", "f8"), ("b", "i4")])])
            return "X is no array of numbers"
        if kind == 6:
            del file[random.choice(["X", "y"])]
            return "a dataset is missing"
    file = h5py.File(path, "w")
    file.create_dataset("X", data=X, chunks=(30, 4), fletcher32=True)
    place = file["X"].id.get_chunk_info(random.randrange(2))
    file["y"] = y
    file.close()
    at = place.byte_offset + random.randrange(place.size - 8)
    overwrite(path, at, bytes([path.read_bytes()[at] ^ 0x55]))
    return "a byte of a chunk with a checksum"


def drop_rows(file, X):
    del file["X"]
    file["X"] = X[:-3]
    return "rows are missing"


def hdf5_words(path, random):
    """Text of variable length is in heaps, whose sizes HDF5 1.10 does not check: some of these files end its process."""
    content = path.read_bytes()
    heap = content.index(b"GCOL")
    if random.random() < 0.3:
        return cut(path, random)
    if random.random() < 0.3:
        overwrite(path, heap + random.randrange(5), b"\xff")
        return "the heap's signature"
    place, size = random.choice([(8, 8), (8, 1 << 40), (24, 1 << 40), (24, (1 << 64) - 64), (24, 1 << 31)])
    overwrite(path, heap + place, struct.pack("<Q", size))
    return f"a heap, or a text in it, of {size} bytes"


DAMAGE = {"csv": csv, "csv packed": packed_csv, "tsv": tsv, "npy": npy, "npz": npz, "npz packed": npz, "idx": idx,
          "mat": mat, "mat 7.3": mat73, "hdf5": hdf5, "hdf5 deep": hdf5_words, "proben1": proben1}
