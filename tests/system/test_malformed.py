"""Reads a hundred malformed files of each format (40 under sanitizers): each gives a message with the place and exit
code 3, and none a crash. Good files with random bytes changed, inserted or removed are read, or refused in the same
way. NNGRID_MALFORMED=1000 tries more of both.

HDF5 and libmatio read in a process of their own, which a damaged file may end. What a sanitizer reports of that process
must be in the library, not in nngrid.
"""
import os
import random
import re

import numpy as np
import scipy.io

import damage
import system
import tables

EACH = int(os.environ.get("NNGRID_MALFORMED", 100 if system.FEWER == 1 else 40))
VARIANTS = ("csv packed", "npz packed", "hdf5 deep")  # of formats that are there already: fewer files
# The file, with row and column where there are such; or the place in the grid that names what is not there.
PLACE = re.compile(r"^(\S*(data|labels)\.\S+?|grid\.yaml)(:\d+){0,2}: \S")


LIBRARIES = re.compile(r"\((/\S*/)?lib(hdf5|matio|z)\S*\.so")  # whose faults end the process apart
RUNTIME = re.compile(r"interceptor|libsanitizer|compiler-rt|sanitizer_common|libc\.so|libasan|/asan/")


def reads(path, wanted):
    """Does SciPy read the same numbers?"""
    try:
        found = scipy.io.loadmat(path)
        return all(np.array_equal(found[name], wanted[name]) for name in ("X", "y"))
    except Exception:  # SciPy names no kind for all of its reasons
        return False


class Malformed(system.SystemTest):
    def good_file(self, name):
        """Writes a good file of the format, and returns its path."""
        file, write, text = next((f, w, t) for n, f, w, t in tables.FORMATS if n == name)
        path = self.folder / file
        path.unlink(missing_ok=True)
        write(path, *tables.table())
        self.write("grid.yaml", tables.grid(file, text, "  header: true\n" if name == "tsv" else ""))
        return path

    def number(self, name):
        return EACH // 4 if name in VARIANTS else EACH

    def look(self, how, codes):
        options = ":".join([os.environ.get("ASAN_OPTIONS", ""), f"log_path={self.folder}/sanitizer"])
        done = system.subprocess.run([system.PROGRAM, "check", "grid.yaml"], cwd=self.folder, capture_output=True,
                                     timeout=300, env={**os.environ, "ASAN_OPTIONS": options})
        self.look_at_reports(how)
        printed = done.stderr.decode(errors="replace")
        self.assertIn(done.returncode, codes, f"{how}:\n{printed[:3000]}")
        if done.returncode == 3:
            self.assertRegex(printed, PLACE, how)
            self.assertIn("nothing was trained", printed, how)

    def look_at_reports(self, how):
        for path in self.folder.glob("sanitizer*"):
            report = path.read_text(errors="replace")
            path.unlink()
            frames = [line for line in re.findall(r"^ +#\d+ .*", report, re.M) if not RUNTIME.search(line)]
            self.assertRegex(frames[0] if frames else "", LIBRARIES, f"{how}:\n{report[:3000]}")

    def test_malformed(self):
        for name, spoil in damage.DAMAGE.items():
            draw = random.Random(f"malformed {name}")
            for i in range(self.number(name)):
                with self.subTest(format=name, file=i):
                    self.look(f"{name} {i}: {spoil(self.good_file(name), draw)}", {3})

    def test_random_damage(self):
        for name in damage.DAMAGE:
            draw = random.Random(f"random {name}")
            for i in range(self.number(name) * 2 // 5):
                with self.subTest(format=name, file=i):
                    path = self.good_file(name)
                    self.look(f"{name} {i}: {self.change_bytes(path, draw)}", {0, 3})

    def test_matlab_files_are_whole(self):
        """Cut anywhere, or with a bit flipped in what is packed, a MATLAB file is refused, as SciPy does; libmatio gives
        zeros, or what its memory held, for numbers that are not there."""
        path = self.good_file("mat")
        loaded = scipy.io.loadmat(path)
        for version, packed in (("5", False), ("5", True), ("4", False)):
            scipy.io.savemat(path, {"X": loaded["X"], "y": loaded["y"]}, do_compression=packed, format=version)
            good = path.read_bytes()
            self.look(f"version {version}", {0})
            draw = random.Random(f"whole {version} {packed}")
            for cut in draw.sample(range(140, len(good) - 1), 25 // system.FEWER):
                path.write_bytes(good[:cut])
                self.look(f"version {version}, packed {packed}, cut to {cut} of {len(good)}", {3})
            for at in draw.sample(range(150, len(good)), 25 // system.FEWER) if packed else ():
                path.write_bytes(good[:at] + bytes([good[at] ^ (1 << draw.randrange(8))]) + good[at + 1:])
                self.look(f"a bit of byte {at} of {len(good)} flipped", {0} if reads(path, loaded) else {3})

    def change_bytes(self, path, draw):
        content = bytearray(path.read_bytes())
        done = []
        for _ in range(draw.choice([1, 1, 1, 2, 5, 20])):
            at, n, kind = draw.randrange(len(content)), draw.choice([1, 1, 2, 4, 8]), draw.randrange(4)
            new = draw.choice([b"\0" * n, b"\xff" * n, damage.junk(draw, n)])
            if kind == 0:
                content[at:at] = new
            elif kind == 1 and len(content) > 200:
                del content[at:at + n]
            else:
                content[at:at + len(new)] = new
            done.append((kind, at, n))
        path.write_bytes(bytes(content))
        return str(done)


if __name__ == "__main__":
    system.main()
