"""Tests that the same table has the same digest in every dialect of CSV that programs and people write, or is refused with
words that say what to do; and that what a file cannot tell is guessed aloud, with no row and no column lost."""
import bz2
import gzip
import io
import json
import lzma
import pickle
import tarfile
import zipfile

import numpy as np
import pandas
import scipy.io
import system

ROWS = 40
NAMES = ["width", "height", "kind"]


def table():
    """Two columns of numbers whose text is exact, above 1000 in parts, and labels that are words."""
    generator = np.random.default_rng(5)
    X = generator.integers(1, 30000, (ROWS, 2)) / 8.0
    return X, ["gross" if a > b else "klein" for a, b in X]


def rows(form=repr, quote=""):
    X, y = table()
    return [[form(float(v)) for v in x] + [quote + label + quote] for x, label in zip(X, y)]


def lines(separator, header=NAMES, end="\n", **how):
    made = ([] if header is None else [list(header)]) + rows(**how)
    return end.join(separator.join(fields) for fields in made) + end


def german(value):
    """1234.5 as 1.234,5."""
    return f"{value:,.3f}".replace(",", "x").replace(".", ",").replace("x", ".")


def savetxt(separator, **how):
    X, y = table()
    text = io.StringIO()
    np.savetxt(text, np.c_[X, [label == "klein" for label in y]], delimiter=separator, **how)
    return text.getvalue().replace("0.000000000000000000e+00\n", "gross\n").replace("1.000000000000000000e+00\n", "klein\n")


def frame():
    X, y = table()
    return pandas.DataFrame({"width": X[:, 0], "height": X[:, 1], "kind": y})


def with_row_names(separator):
    quoted = [f'"{name}"' for name in NAMES]
    body = [separator.join([f'"{i}"', *fields]) for i, fields in enumerate(rows(quote='"'), 1)]
    return "\n".join([separator.join(quoted), *body]) + "\n"


# name, text, what the grid says besides
DIALECTS = [
    ("commas", lines(","), ""),
    ("semicolons", lines(";"), ""),
    ("tabs", lines("\t"), ""),
    ("bars", lines("|"), ""),
    ("blanks", lines(" "), ""),
    ("runs of blanks, indented", "\n".join("  " + line.replace(" ", "    ") for line in lines(" ").splitlines()), ""),
    ("blanks behind commas", lines(", "), ""),
    ("CR LF", lines(",", end="\r\n"), ""),
    ("CR", lines(",", end="\r"), ""),
    ("no header", lines(",", header=None), ""),
    ("a byte order mark", "\ufeff" + lines(","), ""),
    ("UTF-16", lines("\t").encode("utf-16"), ""),
    ("UTF-16, big-endian", b"\xfe\xff" + lines(";").encode("utf-16-be"), ""),
    ("UTF-16 without a mark", lines(",").encode("utf-16-le"), "encoding: utf16"),
    ("Latin-1", lines(",", header=["width", "hoehe".replace("oe", "\xf6"), "kind"]).encode("latin-1"), "encoding: latin1"),
    ("quotes", lines(",", header=['"width"', '"height"', '"kind"'], form=lambda v: f'"{v!r}"', quote='"'), ""),
    ("a delimiter behind each row", "\n".join(line + "," for line in lines(",").splitlines()), ""),
    ("three delimiters behind each row", "\n".join(line + ";;;" for line in lines(";").splitlines()), ""),
    ("a delimiter behind each row but the header", lines(",").replace("gross\n", "gross,\n").replace("klein\n", "klein,\n"), ""),
    ("sep=", "sep=;\n" + lines(";"), ""),
    ("sep=, quoted", '"sep=|"\n' + lines("|"), ""),
    ("comments", "# made by hand\n# in two lines\n\n" + lines(","), ""),
    ("comments between", lines(",").replace("klein\n", "klein\n# one more batch\n", 2), ""),
    ("numpy.savetxt", savetxt(" "), ""),
    ("numpy.savetxt with a header", savetxt(",", header="width,height,kind"), ""),
    ("numpy.savetxt with a header, blanks", savetxt(" ", header="width height kind"), ""),
    ("pandas", frame().to_csv(index=False), ""),
    ("pandas with an index", frame().to_csv(), "ignore: ['']"),
    ("R's write.csv", "\"\"," + with_row_names(","), "ignore: ['']"),
    ("R's write.table with commas", with_row_names(","), ""),
    ("R's write.table", with_row_names(" "), ""),
    ("blank lines", lines(",", end="\n\n"), ""),
    ("decimal commas", lines(";", form=lambda v: repr(v).replace(".", ",")), ""),
    ("decimal commas, tabs", lines("\t", form=lambda v: repr(v).replace(".", ",")), ""),
    ("decimal commas, blanks", lines(" ", form=lambda v: repr(v).replace(".", ",")), ""),
    ("decimal commas, quoted", lines(",", form=lambda v: '"' + repr(v).replace(".", ",") + '"'), ""),
    ("decimal commas, no header", lines(";", header=None, form=lambda v: repr(v).replace(".", ",")), ""),
    ("points between thousands", lines(";", form=german), ""),
    ("commas between thousands", lines(",", form=lambda v: f'"{v:,}"'), ""),
    ("blanks between thousands", lines(";", form=lambda v: german(v).replace(".", " ")), ""),
    ("apostrophes between thousands", lines(",", form=lambda v: f"{v:,}".replace(",", "'")), ""),
    ("dollars", lines(",", form=lambda v: f'"${v:,.3f}"'), ""),
    ("euros", lines(";", form=lambda v: german(v) + " \u20ac"), ""),
    ("percent", lines(",", form=lambda v: f"{v!r}%"), ""),
    ("the end of a file of DOS", lines(",", end="\r\n") + "\x1a", ""),
    ("scikit-learn's first line", f"{ROWS},2,gross,klein\n" + lines(",", header=None), ""),
]

REFUSED = [
    ("Latin-1 untold", lines(",").replace("gross", "gro\xdf").encode("latin-1"), r"data.csv:\d+:3: the byte 0xDF is no UTF-8: set encoding: latin1"),
    ("UTF-32", lines(",").encode("utf-32"), ":1:1: the file is UTF-32, which is not read; save it in UTF-8"),
    ("UTF-16 untold", lines(",").encode("utf-16-le"), "looks like UTF-16: set encoding: utf16"),
    ("both commas and points", lines(";", form=lambda v: repr(v).replace(".", "," if v > 2000 else ".")),
     "has a decimal comma, but .* a decimal point.*set decimal: point or comma"),
    ("commas that may be both", lines("\t", form=lambda v: f"{1000 + v % 1000:,.0f}"), "set decimal: comma or decimal: point"),
    ("a unit in some rows", lines(",", form=lambda v: f"{v}%" if v > 2000 else f"{v}"), "same sign of percent"),
    ("a header that is too short", lines(",", header=["kind"]), "a header has a name for each column"),
    ("a header that is too long", lines(",", header=[*NAMES, "more", "yet"]), "a header has a name for each column"),
    ("units below the names", lines(",").replace("kind\n", "kind\nmm,mm,\n", 1), ":2:1: the first 2 lines hold words above numbers"),
    ("a title above the names", "My table,,\n" + lines(","), ":2:1: the first 2 lines hold words above numbers"),
    ("two levels of names", "a,a,b\n" + lines(","), ":2:1: the first 2 lines hold words above numbers"),
    ("files one behind another", lines(",") * 6, ":42:1: this line is the header once more.* in 5 rows in all; remove the line"),
    ("exponents of Fortran", lines(",", form=lambda v: f"{v:E}".replace("E", "D")), "write exponents with E"),
    ("negative numbers in parentheses", lines(",", form=lambda v: f"({v!r})" if v > 2000 else repr(v)), "with a minus, not in parentheses"),
    ("a minus behind", lines(",", form=lambda v: f"{v!r}-" if v > 2000 else repr(v)), "write the minus in front"),
    ("units behind", frame().assign(more=1.5, width=[f"{v} mm" for v in frame().width]).to_csv(index=False), "its unit into the name of the column; set `one_hot: \\[width\\]`"),
    ("hexadecimal", lines(",", form=lambda v: hex(int(v))), "in decimal digits"),
    ("complex numbers", lines(" ", form=lambda v: f"({v!r}+1.5e+00j)"), "complex numbers are not read"),
    ("a footer of numpy.savetxt", savetxt(" ", footer="the end"), "'#' is not a number; .*remove the line if it is a comment"),
    ("row names without a name", frame().set_index(pandas.Index([f"row {i}" for i in range(ROWS)])).to_csv(),
     "'row 0' .*one_hot: \\[''\\]"),
    ("a header without its first name", "\n".join(["width,height", *lines(",", header=None).splitlines()]), "a header has a name"),
]


def zipped(name, content=b"x"):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, content)
    return file.getvalue()


def tarred():
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("data.csv"))
    return file.getvalue()


def netcdf3():
    file = io.BytesIO()
    with scipy.io.netcdf_file(file, "w") as made:
        made.createDimension("x", 2)
        made.flush()
        return file.getvalue()


def svmlight():
    X, y = table()
    return "".join(f"{int(label == 'klein')} 1:{a!r} 3:{b!r}\n" for (a, b), label in zip(X, y)).encode()


TEXT = lines(",").encode()
FOREIGN = [
    ("pickle", pickle.dumps(frame()), "is a Python pickle"),
    ("zip", zipped("data.csv", TEXT), "is a zip archive.*unzip"),
    ("Excel", zipped("[Content_Types].xml"), "is an Excel workbook.*save the sheet as CSV"),
    ("old Excel", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "is an Excel workbook of the old kind"),
    ("OpenDocument", zipped("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), "is an OpenDocument sheet"),
    ("bzip2", bz2.compress(TEXT), "is packed by bzip2.*bunzip2"),
    ("xz", lzma.compress(TEXT), "is packed by xz.*unxz"),
    ("gzip twice", gzip.compress(gzip.compress(TEXT)), "is packed by gzip twice"),
    ("gzip of a pickle", gzip.compress(pickle.dumps(frame())), "is a Python pickle"),
    ("gzip of tar", gzip.compress(tarred()), "is a tar archive"),
    ("HTML", b"\n<!DOCTYPE html>\n<html><body>404</body></html>\n", "is an HTML page"),
    ("Git LFS", b"version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 3\n", "is a Git LFS pointer.*git lfs pull"),
    ("netCDF-3", netcdf3(), "is netCDF-3.*nccopy"),
    ("Parquet", b"PAR1\x15\x04\x15" + bytes(60) + b"PAR1", "is Parquet.*read_parquet"),
    ("Feather", b"ARROW1\0\0" + bytes(60), "is Arrow"),
    ("JSON", frame().to_json().encode(), "is JSON.*read_json"),
    ("JSON lines", frame().to_json(orient="records", lines=True).encode(), "is JSON"),
    ("JSON lines of lists", "".join(json.dumps(row) + "\n" for row in frame().values.tolist()).encode(), "is JSON"),
    ("Octave's text", b"# Created by Octave 7.3.0, Mon May 01 10:00:00 2023 UTC <u@h>\n# name: X\n# type: matrix\n", "save\\(.-v7"),
    ("Octave's bytes", b"Octave-1-L\0" + bytes(60), "save\\(.-v7"),
    ("svmlight", svmlight(), "is svmlight.*load_svmlight_file"),
    ("svmlight with a comment", b"# one\n# two\n" + svmlight(), "is svmlight"),
    ("svmlight of ranks", svmlight().replace(b" ", b" qid:3 ", 1), "is svmlight"),
    ("ARFF behind many comments", b"% made by hand\n" * 100 + b"@RELATION r\n@DATA\n1,2\n", "is ARFF"),
    ("ARFF", b"% made by hand\n@RELATION r\n@DATA\n1,2\n", "is ARFF"),
]


class Dialects(system.SystemTest):
    def told(self, content, more="", file="data.csv", code=0):
        (self.folder / file).write_bytes(content if isinstance(content, bytes) else content.encode())
        self.write("grid.yaml", f"data:\n  file: {file}\n  scale: standardize\n  {more}\nbase: {{epochs: 1}}\n")
        if code == 0:
            return json.loads(self.run_program("data", "grid.yaml", "--json").stdout)
        return self.run_program("check", "grid.yaml", code=code).stderr

    def test_the_same_table(self):
        expected = self.told(lines(","))
        self.assertEqual((expected["rows"], len(expected["inputs"])), (ROWS, 2))
        for name, text, more in DIALECTS:
            with self.subTest(dialect=name):
                found = self.told(text, more)
                self.assertEqual((found["rows"], found["digest"]), (ROWS, expected["digest"]), found)

    def test_refused_with_the_remedy(self):
        for name, text, words in REFUSED:
            with self.subTest(dialect=name):
                said = self.told(text, code=3)
                self.assertRegex(said, words)
                self.assertLess(said.count("\n"), 5, said)

    def test_a_zero_byte_is_no_text_in_any_encoding(self):
        for encoding in ("detect", "utf8", "latin1", "windows1252"):
            self.assertRegex(self.told(b"1.5,2\0,0\n2.5,2,1\n", f"encoding: {encoding}", code=3), "data.csv:1:2: .* zero byte")

    def test_files_that_are_something_else(self):
        for name, content, words in FOREIGN:
            with self.subTest(kind=name):
                self.assertRegex(self.told(content, code=3), words)

    def test_what_is_not_a_number_is_said_once_for_each_column(self):
        made = [f"{'bad' if i % 3 == 1 else i},{i},{'also bad' if i % 2 else i},{i % 2}" for i in range(60)]
        said = self.told("a,b,c,y\n" + "\n".join(made), code=3)
        self.assertIn("data.csv:3:1: 'bad' is not a number (column 'a'), here first, in 20 rows in all; correct it", said)
        self.assertIn("data.csv:3:3: 'also bad' is not a number (column 'c'), here first, in 30 rows in all; correct it", said)
        self.assertEqual(said.count("\n"), 3, said)
        said = self.told("a,b,y\n" + "1,2,0\n3,4,1\n" * 20 + "5,6\n" * 15 + "7,8,9,0\n", code=3)
        self.assertIn("data.csv:42:3: the row has 2 fields, but 3 are expected, here first, in 16 rows in all", said)
        self.assertEqual(said.count("\n"), 2, said)

    def test_the_minus_of_typesetting(self):
        plain, set_ = (lines(",", form=lambda v: repr(v - 2000).replace("-", minus)) for minus in "-\u2212")
        self.assertEqual(self.told(plain)["digest"], self.told(set_)["digest"])

    def test_what_follows_a_gzip_stream(self):
        expected = self.told(TEXT)["digest"]
        packed = gzip.compress(TEXT)
        members = gzip.compress(TEXT[:100]) + gzip.compress(b"") + gzip.compress(TEXT[100:])
        for name, content in (("zeros", packed + bytes(512)), ("members", members), ("both", members + bytes(7))):
            with self.subTest(read=name):
                self.assertEqual(self.told(content, file="data.csv.gz")["digest"], expected)
        for junk in (b"junk", b"\0\0junk", b"\x1f", packed[:2], packed[:-1], packed[1:], TEXT):
            with self.subTest(junk=junk[:9]):
                said = self.told(packed + junk, file="data.csv.gz", code=3)
                self.assertRegex(said, f"ends at byte {len(packed)}, and {len(junk)} bytes follow|damaged or cut short")
        for cut in (3, 12, len(packed) // 2, len(packed) - 1):
            self.assertIn("damaged or cut short", self.told(packed[:cut], file="data.csv.gz", code=3))

    # ---- new data without a header ----

    KINDS = {
        "words": (["p", "q", "r"], "one_hot: text", lambda i, j: "xob"[(i * 7 + j * j) % 3]),
        "numbers": (["p", "q", "r"], "", lambda i, j: str((i * (j + 3)) % 11 / 8)),
        "mixed": (["p", "q", "r"], "one_hot: text", lambda i, j: "xob"[(i * 7) % 3] if j == 1 else str(i * (j + 3) % 11 / 8)),
        "numbers, where words would be one-hot": (["p", "q", "r"], "one_hot: text", lambda i, j: str(i * (j + 3) % 11 / 8)),
        "numbers that are names": (["p", "q", "r"], "one_hot: [1]", lambda i, j: str(i * (j + 3) % 5)),
    }

    def test_new_data_by_position(self):
        """Columns of a file without names are those of training in their order: all of them, or the inputs alone."""
        for kind, (names, more, field) in self.KINDS.items():
            rows_ = [[field(i, j) for j in range(3)] + [str(i % 2)] for i in range(40)]
            text = ["\n".join(",".join(row) for row in chosen) + "\n" for chosen in
                    (rows_, [row[:-1] for row in rows_], [names + ["y"], *rows_], [names[::-1]] + [row[2::-1] for row in rows_])]
            for trained in (0, 2):
                self.write("data.csv", text[trained])
                self.write("grid.yaml", f"data: {{file: data.csv, {more}}}\n"
                           "base: {hidden: [3], epochs: 3}\nrecord: {weights: [final]}\n".replace(", }", "}"))
                if trained == 2 and "[1]" in more:
                    self.write("grid.yaml", (self.folder / "grid.yaml").read_text().replace("[1]", "[q]"))
                out = self.folder / "out.h5"
                out.unlink(missing_ok=True)
                self.run_program("run", "grid.yaml", "-q", "-o", out)
                found = set()
                for new in (0, 1, 2, 3) if trained == 2 else (0, 1, 2):  # one_hot: [q] names no column without a header
                    if new == 0 and "[q]" in (self.folder / "grid.yaml").read_text():
                        continue
                    with self.subTest(kind=kind, header=trained == 2, new=new):
                        self.write("new.csv", text[new])
                        told = self.run_program("predict", out, "new.csv", "--run", 0, "--weights", "final").stdout
                        self.assertEqual(told.count("\n"), 41)
                        found.add(told)
                self.assertEqual(len(found), 1, kind)

    def test_missing_words(self):
        text = lines(",").splitlines()
        marked = {word: [line if i % 5 != 3 else f"{word},{line.split(',', 1)[1]}" for i, line in enumerate(text)]
                  for word in ("", "NULL", "None", "#N/A", "-", "-999")}
        expected = self.told("\n".join(marked[""]), "missing: mean")
        self.assertEqual(expected["missing"], len(text) // 5)
        for word in ("NULL", "None", "#N/A", "-", "-999"):
            with self.subTest(word=word):
                found = self.told("\n".join(marked[word]), f"missing: mean\n  missing_words: [{json.dumps(word)}]")
                self.assertEqual(found["digest"], expected["digest"])
        for word in ("NULL", "None", "#N/A", "-"):
            with self.subTest(hint=word):
                said = self.told("\n".join(marked[word]), "missing: mean", code=3)
                self.assertRegex(said, rf"'{word}' is not a number \(column 'width'\).*missing_words: \['{word}'\]")
                self.assertEqual(said.count("is not a number"), 1, said)

    def test_what_is_missing_is_said_once_for_each_column(self):
        gaps = [f"{'' if i % 3 else i},{i},{'' if i % 2 else 'ab'[i % 4 // 2]}" for i in range(60)]
        text = "\n".join(["a,b,y", *gaps]) + "\n"
        said = self.told(text, code=3)
        self.assertEqual(said.count("missing"), 3 + 1, said)  # once more in the remedy of the inputs, once of the target
        self.assertIn("data.csv:3:1: a value is missing (column 'a'), here first, in 40 rows in all; set", said)
        self.assertIn("data.csv:3:3: the target is missing, here first, in 30 rows in all, and", said)

    def test_what_is_guessed_is_said_and_can_be_confirmed(self):
        for form, words, setting in ((german, "with a decimal comma", "decimal: comma"),
                                     (lambda v: f"{1000 + v % 900:,.0f}", "with a decimal comma", "decimal: comma"),
                                     (lambda v: f"{v:.3f}%", "is read without its %", "accept: [units]")):
            text = lines(";", form=form)
            self.assertRegex(str(self.told(text)["warnings"]), words)
            self.assertEqual(self.told(text, setting)["warnings"], [])
        thousands = lines(";", form=lambda v: f"{1000 + v % 900:,.0f}")
        self.assertGreater(self.told(thousands, "decimal: point")["inputs"][0]["low"], 999)

    def test_init_writes_what_was_guessed(self):
        for name, text, _ in DIALECTS:
            if not name.startswith(("decimal", "dollars", "percent", "numpy.savetxt with", "R's write.table")):
                continue
            (self.folder / "data.csv").write_text(text)
            with self.subTest(dialect=name):
                self.run_program("init", "data.csv", "-o", "new.yaml")
                self.assertEqual(self.run_program("check", "new.yaml").stderr, "")
                (self.folder / "new.yaml").unlink()

    # ---- files of words ----

    def words(self, header=None, n=60, seed=1):
        generator = np.random.default_rng(seed)
        made = [list(row) for row in generator.choice(list("xob"), (n, 9))]
        for row in made:
            row.append("positive" if row.count("x") > 3 else "negative")
        return "\n".join(",".join(row) for row in ([header] if header else []) + made) + "\n"

    def test_first_row_of_words_is_kept(self):
        for seed in range(5):
            self.assertEqual(self.told(self.words(seed=seed), "one_hot: text")["rows"], 60)

    def test_a_header_of_words_is_said(self):
        header = [f"square{i}" for i in range(9)] + ["win"]
        found = self.told(self.words(header), "one_hot: text")
        self.assertEqual((found["rows"], found["inputs"][0]["name"]), (60, "square0"))
        self.assertRegex(str(found["warnings"]), "taken for the header; set header: false if it is data")
        found = self.told(self.words(header), "one_hot: text\n  header: true")
        self.assertEqual(found["warnings"], [])

    def test_headers_that_are_numbers(self):
        X, _ = table()
        text = pandas.DataFrame(np.c_[X, X[:, ::-1], np.arange(ROWS) % 2]).to_csv(index=False)
        found = self.told(text)
        self.assertEqual(found["rows"], ROWS)
        self.assertRegex(str(found["warnings"]), "counts the columns, is taken for the header")

    def test_a_slip_in_the_first_row_loses_nothing(self):
        text = "5.5,unknown,1.25,0\n" + "4.5,3.5,2.25,1\n5.5,2.5,1.25,0\n" * 6
        said = self.told(text, code=3)
        self.assertRegex(said, "data.csv:1:2: 'unknown' is not a number")

    def test_rows_that_begin_with_a_hash(self):
        text = "#N/A,3.5,0\n" + "1.5,2.5,1\n2.5,3.5,0\n" * 6 + "#N/A,1.5,1\n"
        said = self.told(text, code=3)
        self.assertRegex(said, "data.csv:1:1: '#N/A' is not a number.*missing_words: \\['#N/A'\\]")
        self.assertEqual(self.told(text, "missing_words: '#N/A'\n  missing: mean")["rows"], 14)
        found = self.told("1.5,2.5,1\n2.5,3.5,0\n# and now\n" + "1.5,2.5,1\n2.5,3.5,0\n" * 20)
        self.assertEqual(found["rows"], 42)
        self.assertRegex(str(found["warnings"]), "1 line .* left out as comment")


if __name__ == "__main__":
    system.main()
