"""Describes where the numbers come from: the machine, and the versions of everything."""
import datetime
import importlib.metadata
import os
import pathlib
import platform
import subprocess

PACKAGES = {"NumPy": "numpy", "PyTorch": "torch", "scikit-learn": "scikit-learn"}


def first(path, start):
    for line in pathlib.Path(path).read_text().splitlines():
        if line.startswith(start):
            return line.split(":", 1)[1].strip()
    return "unknown"


def versions():
    found = {}
    for name, package in PACKAGES.items():
        try:
            found[name] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            pass
    return found


def describe(program, root):
    """{word: text}."""
    def output(*command):
        return subprocess.run(command, cwd=root, capture_output=True, text=True).stdout.strip()

    about = [" ".join(line.split()) for line in output(program, "--version").splitlines()]
    return {"cpu": first("/proc/cpuinfo", "model name"), "cores": len(os.sched_getaffinity(0)),
            "memory": f"{int(first('/proc/meminfo', 'MemTotal').split()[0]) / 2**20:.0f} GiB",
            "system": f"{platform.system()} {platform.release()}", "nngrid": ", ".join(about[:3]),
            "commit": output("git", "describe", "--always", "--dirty"),
            "python": platform.python_version(), **versions(), "date": datetime.date.today().isoformat()}
