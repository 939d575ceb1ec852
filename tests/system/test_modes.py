"""No file of any command, at any moment, has a mode wider than the umask allows, nor than that of the file that it
continues or replaces; a watcher looks while commands work, and after they were killed."""
import os
import pathlib
import signal
import stat
import subprocess
import threading
import time

import system

GRID = """
name: modes
repeats: 2
data: {builtin: xor}
base: {hidden: [3], output: sigmoid, loss: mse, batch_size: full, epochs: %s}
grid: {learning_rate: [%s]}
"""


class Watcher(threading.Thread):
    """Notes the widest mode that each file of a folder ever has."""

    def __init__(self, folder):
        super().__init__(daemon=True)
        self.folder, self.seen, self.done = folder, {}, threading.Event()

    def run(self):
        while True:
            last = self.done.is_set()
            for place, _, names in os.walk(self.folder):
                for path in [place, *(os.path.join(place, name) for name in names)]:
                    self.look(path)
            if last:
                return
            time.sleep(0.002)

    def look(self, path):
        try:
            mode = os.lstat(path)
        except FileNotFoundError:
            return
        if not stat.S_ISDIR(mode.st_mode) or path != str(self.folder):
            name = os.path.relpath(path, self.folder)
            self.seen[name] = self.seen.get(name, 0) | stat.S_IMODE(mode.st_mode)


class Modes(system.SystemTest):
    def setUp(self):
        super().setUp()
        self.addCleanup(os.umask, os.umask(0o022))
        self.write("short.yaml", GRID % (20, "0.1, 0.3"))
        self.write("grown.yaml", GRID % (20, "0.1, 0.3, 0.5"))
        self.write("long.yaml", GRID % (3000000, "0.1"))
        self.write("data.csv", "a,b,y\n" + "0,1,1\n1,0,1\n0,0,0\n1,1,0\n" * 5)
        self.given = {path.name for path in self.folder.iterdir()}

    def watch(self, umask, mode, work):
        """Does the work under the umask; no file that it made may be wider than that and `mode`."""
        os.umask(umask)
        watcher = Watcher(self.folder)
        watcher.start()
        try:
            work()
        finally:
            watcher.done.set()
            watcher.join()
        for name, seen in watcher.seen.items():
            if pathlib.Path(name).parts[0] not in self.given | {"log"}:
                most = 0o777 if (self.folder / name).is_dir() or name.endswith(".checkpoints") else mode
                self.assertEqual(seen & ~(most & ~umask), 0, f"{name} had {seen:o} under umask {umask:o}, file {mode:o}")

    def mode(self, name):
        return stat.S_IMODE((self.folder / name).stat().st_mode)

    def commands(self):
        self.run_program("run", "short.yaml", "-q", "-o", "a.h5")
        self.run_program("run", "grown.yaml", "-q", "-o", "a.h5")
        self.run_program("export", "a.h5", "-o", "runs.csv")
        self.run_program("predict", "a.h5", "--run", "0", "data.csv", "-o", "predicted.csv", code=3)
        self.run_program("init", "data.csv", "-o", "first.yaml")
        self.run_program("schema", "-o", "schema.json")
        self.run_program("compact", "a.h5", "-o", "small.h5")
        for shard in ("1/2", "2/2"):
            self.run_program("run", "short.yaml", "-q", "--shard", shard, "-o", f"s{shard[0]}.h5")
        self.run_program("merge", "short.yaml", "s1.h5", "s2.h5", "-o", "all.h5")

    def remove(self):
        for path in sorted(self.folder.rglob("*"), reverse=True):
            if path.relative_to(self.folder).parts[0] not in self.given | {"log"}:
                path.rmdir() if path.is_dir() else path.unlink()

    def test_new_files(self):
        for umask in (0o022, 0o027, 0o077):
            with self.subTest(umask=oct(umask)):
                self.watch(umask, 0o644, self.commands)
                for name in ("a.h5", "runs.csv", "first.yaml", "schema.json", "small.h5", "all.h5"):
                    self.assertEqual(self.mode(name), 0o644 & ~umask, name)
                self.remove()

    def test_private_files_stay_private(self):
        self.commands()
        os.chmod(self.folder / "a.h5", 0o600)
        (self.folder / "small.h5").unlink()
        for name in ("runs.csv", "first.yaml", "schema.json", "all.h5", "s1.h5", "s2.h5"):
            os.chmod(self.folder / name, 0o600)
        self.write("grown.yaml", GRID % (20, "0.1, 0.3, 0.5, 0.7"))

        def again():
            self.run_program("run", "grown.yaml", "-q", "-o", "a.h5")
            self.run_program("export", "a.h5", "-o", "runs.csv")
            self.run_program("schema", "-o", "schema.json")
            self.run_program("compact", "a.h5", "-o", "small.h5")
            self.run_program("compact", "a.h5")
            self.run_program("merge", "short.yaml", "s1.h5", "s2.h5", "-o", "all.h5")

        self.watch(0o022, 0o600, again)
        for name in ("a.h5", "runs.csv", "schema.json", "small.h5", "all.h5"):
            self.assertEqual(self.mode(name), 0o600, name)

    def killed(self, umask):
        process = self.start("run", "long.yaml", "-q", "-j", "1", "-o", "k.h5", "--checkpoint", "0.05s")
        folder = self.folder / "k.h5.checkpoints"
        end = time.monotonic() + 20
        while not (folder.is_dir() and list(folder.iterdir())) and time.monotonic() < end:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.assertEqual(self.mode("k.h5"), 0o444 & ~umask, "after kill -9")
        self.assertEqual(self.mode("k.h5.checkpoints"), 0o700)
        for path in folder.iterdir():
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600, path.name)

    def test_killed_and_resumed(self):
        for umask in (0o022, 0o077):
            with self.subTest(umask=oct(umask)):
                self.watch(umask, 0o644, lambda: self.killed(umask))
                os.chmod(self.folder / "k.h5", 0o400)
                self.watch(umask, 0o600, lambda: self.run_program("run", "long.yaml", "-q", "-o", "k.h5", "--max-time",
                                                                  "0.3s", code=75))
                self.assertEqual(self.mode("k.h5"), 0o600, "its owner may write it again")
                self.remove()

    def test_temporary_files_follow_no_link(self):
        """Who can guess a temporary name must not make the program write through a link."""
        victim = self.write("victim", "precious")
        self.run_program("run", "short.yaml", "-q", "-o", "a.h5")
        subprocess.run(["sh", "-c", f"ln -s victim runs.csv.tmp-$$; exec '{system.PROGRAM}' export a.h5 -o runs.csv"],
                       cwd=self.folder, check=True)
        self.assertEqual(victim.read_text(), "precious")
        self.assertFalse((self.folder / "runs.csv").is_symlink())


if __name__ == "__main__":
    system.main()
