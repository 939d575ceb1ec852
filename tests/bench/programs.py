"""Measures whole programs: `nngrid run` from the YAML file to the finished results file."""
import os
import statistics
import subprocess
import time

import h5py


def timed(command, cpus, folder):
    """Seconds, and peak resident bytes; raises with the program's own words if it fails."""
    with open(folder / "log", "wb+") as log:
        start = time.monotonic()
        process = subprocess.Popen(list(map(str, command)), cwd=folder, stdout=log, stderr=log,
                                   preexec_fn=lambda: os.sched_setaffinity(0, cpus))
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            log.seek(0)
            raise RuntimeError(f"{' '.join(map(str, command))}: {log.read().decode()}")
    cpu = usage.ru_utime + usage.ru_stime
    return {"seconds": seconds, "resident": usage.ru_maxrss * 1024, "cpu_seconds": cpu}


def read_back(path):
    """Sum of the engine's own seconds, number of runs, their mean loss, and how many of them did not end as done."""
    with h5py.File(path, "r") as file:
        losses = [float(file[f"runs/final_{part}_loss"][:].mean()) for part in ("validation", "train")]
        column = file["runs/status"]
        names = column.attrs["flag_meanings"].decode().split()
        status = column[:]
        others = {name: int((status == code).sum()) for name, code in zip(names, column.attrs["flag_values"])
                  if name != "done"}
        return {"engine_seconds": float(file["timing/seconds"][:].sum()), "runs": len(status),
                "loss": next((loss for loss in losses if loss == loss), None),
                "not_done": {name: n for name, n in others.items() if n}}


def one(program, yaml, cpus, folder):
    """One run of the program, on so many cores."""
    out = folder / "out.h5"
    out.unlink(missing_ok=True)
    figures = timed([program, "run", yaml, "-o", out], cpus, folder)
    figures.update(read_back(out), file_bytes=out.stat().st_size, threads=len(cpus))
    figures["engine_seconds"] /= len(cpus)  # each thread's share
    figures["overhead"] = figures["seconds"] / figures["engine_seconds"] - 1
    beyond = (figures["seconds"] - figures["engine_seconds"]) * len(cpus) / figures["runs"]
    figures["microseconds_a_run_beyond"] = 1e6 * beyond
    out.unlink()
    return figures


def run(program, grid, quick, data, cpus, folder, repeat):
    """The fastest of `repeat` runs on one core and on all."""
    yaml = folder / f"{grid.name}.yaml"
    yaml.write_text(grid.yaml(quick, data))
    loading = statistics.median(timed([program, "check", yaml], cpus[-1:], folder)["seconds"] for _ in range(3))
    by_threads = {}
    for n in sorted({1, len(cpus)}):
        tries = [one(program, yaml, cpus[-n:], folder) for _ in range(repeat)]
        best = min(tries, key=lambda figures: figures["seconds"])
        best["all_seconds"] = [figures["seconds"] for figures in tries]
        by_threads[n] = best
    return {"grid": grid.name, "loading_seconds": loading, "flops": grid.flops(quick), "by_threads": by_threads}


def scaling(result):
    """How many times as fast all cores are as one, by threads."""
    times = {n: best["seconds"] for n, best in result["by_threads"].items()}
    return times[min(times)] / times[max(times)]


def show(result, peak_scaling):
    for n, best in result["by_threads"].items():
        words = f"; NOT DONE: {best['not_done']}" if best["not_done"] else ""
        print(f"  {result['grid']:15} {n:2} cores {best['seconds']:8.3f} s, engine {best['engine_seconds']:8.3f} s, "
              f"loading {result['loading_seconds']:.3f} s, beyond the engine {best['overhead']:6.1%} = "
              f"{best['microseconds_a_run_beyond']:.1f} us a run, {best['runs'] / best['seconds']:.5g} runs/s, "
              f"{best['resident'] / 2**20:.0f} MiB{words}", flush=True)
    if len(result["by_threads"]) > 1:
        print(f"  {result['grid']:15} all cores are {scaling(result):.2f} times as fast as one (FMA peak: "
              f"{peak_scaling:.2f})", flush=True)
