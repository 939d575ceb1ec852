"""Tests --checkpoint: runs that take longer than a process lives come to their end, with the same bits."""
import time

import system

GRID = """
name: long
seed: 9
repeats: 2
data: {{builtin: spirals, rows: 600, split: {{train: 0.5, validation: 0.25, test: rest, stratify: true}}}}
base: {{activation: tanh, batch_size: 16, epochs: {epochs}, learning_rate: 0.01, optimizer: adam, dropout: 0.1}}
grid: {{hidden: [[8], [64, 64]]}}
stop: {{rules: [{{patience: 20}}]}}
record: {{per_decade: 20, weights: [initial, best, final]}}
"""
LIFE = 0.5  # seconds of a process
RUN = 3 * LIFE  # seconds of the longest run, at least


class Checkpoint(system.SystemTest):
    def setUp(self):
        super().setUp()
        self.path = self.folder / "out.h5"
        self.states = self.folder / "out.h5.checkpoints"
        self.kept = False  # has a killed process left states?

    def use_long_grid(self):
        """Chooses so many epochs that no process lives as long as a run takes, and trains the undisturbed file."""
        epochs = 60
        while True:
            self.write("grid.yaml", GRID.format(epochs=epochs))
            path = self.folder / f"undisturbed{epochs}.h5"
            began = time.monotonic()
            self.run_program("run", "grid.yaml", "-q", "-j", 2, "--no-checkpoint", "-o", path.name)
            seconds = time.monotonic() - began
            self.assertFalse((self.folder / f"{path.name}.checkpoints").exists())
            if seconds >= 2 * RUN:  # of two long runs, side by side or one after the other, and two short ones
                return path
            epochs = int(epochs * max(2, 2.5 * RUN / seconds))

    def written(self):
        """Returns when each state was written."""
        try:
            return {path.name: path.stat().st_mtime_ns for path in self.states.glob("?" * 16)}
        except FileNotFoundError:  # the run has ended meanwhile
            return {}

    def live(self, seconds):
        """Runs a process that is killed after so long, but not before it has written a state, however slow the machine
        is; tells whether it ended before."""
        before, began = self.written(), time.monotonic()
        process = self.start("run", "grid.yaml", "-q", "-j", 1, "--checkpoint", "0.2s", "-o", self.path.name)
        while process.poll() is None and (time.monotonic() < began + seconds or self.written() == before):
            time.sleep(0.01)
        if process.poll() is not None:
            self.assertEqual(process.returncode, 0, (self.folder / "log").read_text())
            return True
        process.kill()
        process.wait()
        self.kept |= bool(self.written())
        return False

    def killed_with_states(self):
        """Kills a process once it has written checkpoints, and returns these."""
        end = time.monotonic() + 60
        process = self.start("run", "grid.yaml", "-q", "-j", 2, "--checkpoint", "0.1s", "-o", self.path.name)
        while not list(self.states.glob("?" * 16)) and time.monotonic() < end:
            time.sleep(0.01)
        process.kill()
        process.wait()
        return list(self.states.glob("?" * 16))

    def test_killed_before_any_long_run_can_end(self):
        undisturbed = self.use_long_grid()
        lives = 1
        while not self.live(LIFE):
            lives += 1
            self.assertLess(lives, 200, "no state is kept from one process to the next")
        self.assertGreater(lives, 2)
        self.assert_same_files(undisturbed, self.path)
        self.assertFalse(self.states.exists(), "states of finished runs were left behind")
        self.assertTrue(self.kept)
        print(f"{lives} processes of {LIFE} s")

    def test_what_is_printed(self):
        self.write("grid.yaml", GRID.format(epochs=2000 // system.FEWER).replace("repeats: 2", "repeats: 1").replace("[8], ", ""))
        self.killed_with_states()
        self.run_program("run", "grid.yaml", "-q", "-o", "undisturbed.h5")
        printed = self.run_program("run", "grid.yaml", "-q", "-o", self.path.name).stderr
        self.assertIn("1 run resumed from its checkpoint", printed)
        self.assert_same_files(self.folder / "undisturbed.h5", self.path)

    def test_damaged_states_are_told_and_not_used(self):
        self.write("grid.yaml", GRID.format(epochs=4000 // system.FEWER))
        states = self.killed_with_states()
        self.assertGreater(len(states), 0)
        for i, state in enumerate(states):
            content = bytearray(state.read_bytes())
            content[len(content) // 2] ^= 1
            state.write_bytes(content if i % 2 == 0 else content[: len(content) // 2])
        (self.states / "notes.txt").write_text("not one of ours")
        printed = self.run_program("run", "grid.yaml", "-q", "-j", 2, "--checkpoint", "10min", "-o", self.path.name).stderr
        self.assertIn("the checkpoint could not be used", printed)
        self.run_program("run", "grid.yaml", "-q", "-j", 2, "-o", "undisturbed.h5")
        self.assert_same_files(self.folder / "undisturbed.h5", self.path)
        self.assertEqual([path.name for path in self.states.iterdir()], ["notes.txt"])


if __name__ == "__main__":
    system.main()
