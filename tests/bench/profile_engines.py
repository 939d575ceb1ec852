"""Shows where the engines spend their time: samples of perf (Debian: linux-perf), by the function that each fell into.
"""
import os
import re
import shutil
import subprocess
import tempfile

# What a function is part of: the first row whose pattern its name matches. Compilers may make one function of two that are
# alike, so that a name can be that of its twin.
PARTS = [
    ("products", r"^tile_\d+x\d+|^columns|^panel|nn_multiply|nn_tile_multiply|multiply_block|nn_lane_(forward|gradient|back)_|nn_dots|^outer_"),
    ("optimizer", r"^(one|lanes)_(?!epoch|score|set|get)|update_block|step_block|step_by_place|nn_scale|nn_penalise|nn_squares|clip"),
    ("activations and losses", r"^activate_|^loss_|^delta_|^squares$|^differences|^add_losses|nn_softmax|nn_output|nn_count|nn_add_rows"),
    ("moving data", r"^read_|nn_gather|nn_transpose|nn_tile_turn|turn_errors|nn_masks|nn_lanes_(bring|drop)|memcpy|memmove|memset"),
    ("random numbers", r"nn_permutation|philox|nn_normal|nn_draw"),
    ("bookkeeping of engines", r"^lanes_epoch|^lanes_score|^tile_epoch|^run_batch|nn_(tile|lanes)_(forward|backward|update)"),
]
REST = "trainer and the rest"
NO_KERNELS = ("bookkeeping of engines", REST)
MEASURING = re.compile(r"^peak_|^nngrid-bench")  # of the bench itself


def samples(program, workload, cpu, seconds):
    """[(share, function)] of one workload."""
    with tempfile.TemporaryDirectory() as folder:
        data = os.path.join(folder, "perf.data")
        subprocess.run(["perf", "record", "-q", "-e", "cpu-clock", "-F", "2000", "-o", data, program, "--workload", workload,
                        "--seconds", str(seconds), "--repeat", "3"], check=True, capture_output=True,
                       preexec_fn=lambda: os.sched_setaffinity(0, {cpu}))
        done = subprocess.run(["perf", "report", "-i", data, "--stdio", "--no-children", "-g", "none", "-F", "overhead,sym"],
                              check=True, capture_output=True, text=True)
    found = re.findall(r"^ +([\d.]+)% +\[[.k]\] (\S+)", done.stdout, re.M)
    return [(float(share), name) for share, name in found]


def parts_of(found):
    """{part: share of the time that is not the bench's own}, in the order of PARTS."""
    shares = dict.fromkeys([name for name, _ in PARTS] + [REST], 0.0)
    for share, function in found:
        if not MEASURING.search(function):
            shares[next((name for name, pattern in PARTS if re.search(pattern, function)), REST)] += share / 100
    total = sum(shares.values()) or 1
    return {name: share / total for name, share in shares.items()}


def run(program, cpu, quick, workloads):
    if shutil.which("perf") is None:
        return print("profiles are left out: no perf here (apt-get install linux-perf)")
    for workload in workloads:
        shares = parts_of(samples(program, workload, cpu, 0.05 if quick else 0.5))
        kernels = sum(share for name, share in shares.items() if name not in NO_KERNELS)
        parts = ", ".join(f"{name} {share:.1%}" for name, share in shares.items() if share >= 0.0005)
        print(f"  {workload:18} in kernels {kernels:.1%}: {parts}", flush=True)
