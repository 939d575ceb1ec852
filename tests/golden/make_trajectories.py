"""Writes trajectories.json beside it: PyTorch's weights after training, one number a run (golden_of).

    python3 tests/golden/make_trajectories.py build/nngrid . > tests/golden/trajectories.json

The program gives the starting weights alone.
"""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "system"))
import test_trajectories as trajectories


def main():
    case = trajectories.Trajectories()
    case.setUp()
    golden = {}
    for name, v, run, start, _, t in case.every_run():
        want = trajectories.torch_train(v, run.activation, run.loss, start, case.X, t)
        golden.setdefault(name, {}).setdefault(run.loss, {})[run.activation] = trajectories.golden_of(want)[0]
    print(json.dumps(golden, indent=1))
    case.doCleanups()


if __name__ == "__main__":
    main()
