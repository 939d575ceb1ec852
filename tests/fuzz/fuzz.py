"""Fuzzes every reader, or the TARGETs that are named, for some seconds each, beginning with the inputs of seeds.py.

    fuzz.py BUILD SECONDS [FOLDER [TARGET...]]

BUILD was made with -DNNGRID_FUZZ=ON. What libFuzzer finds new is kept in FOLDER/TARGET, or forgotten. A fault of HDF5,
libmatio or zlib is no finding, since these read in a child process; every other input that ends the program is one: its
report is printed, and it is kept in FOLDER/found. Make a line of FINDINGS in seeds.py of it.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TARGETS = ("grid set csv tsv dt npy npz idx mat h5 given results where options setting shown").split()
BY_LIBRARIES = ("mat", "h5", "given", "results")  # whose memory the leaks and limits of a library spoil
LIBRARIES = re.compile(r"\((/\S*/)?lib(hdf5|matio|z)\S*\.so")
RUNTIME = re.compile(r"interceptor|libsanitizer|compiler-rt|sanitizer_common|libc\.so|/asan/|__(asan|sanitizer|interceptor)"
                     r"| in (free|[cm]alloc|realloc) | (nptl|stdlib|signal|debug|string|malloc|libio|posix)/\.|sysdeps|fuzzer::")
OWN = re.compile(r"\S+/(runner|core|tests)/\S+:\d+")
ASAN = "allocator_may_return_null=1:max_allocation_size_mb=1000:detect_leaks=%d:intercept_tls_get_addr=0:handle_abort=1"


def environment(target):
    return {**os.environ, "NNGRID_FUZZ": target, "ASAN_OPTIONS": ASAN % (target not in BY_LIBRARIES), "OMP_NUM_THREADS": "1"}


def of_a_library(report):
    """Is the first frame outside the sanitizer one of a library?"""
    frames = [line for line in re.findall(r"^ +#\d+ .*", report, re.M) if not RUNTIME.search(line)]
    return bool(frames and LIBRARIES.search(frames[0]))


def again(program, target, path):
    """Gives it to the program alone. Returns the report, or "" where it is sound or the fault of a library."""
    done = subprocess.run([program, "-timeout=30", "-rss_limit_mb=1500", "-close_fd_mask=3", path], env=environment(target),
                          capture_output=True, timeout=600)
    report = done.stderr.decode(errors="replace")
    return "" if done.returncode == 0 or of_a_library(report) else report


def fuzz(program, target, seconds, folder):
    """Returns how many inputs the target got, and the findings: {path: report}."""
    corpus, found = folder / target, folder / "found"
    found.mkdir(exist_ok=True)
    words = folder / f"{target}.dict"
    options = [f"-max_total_time={seconds}", "-timeout=30", "-rss_limit_mb=1500", "-close_fd_mask=3",
               f"-artifact_prefix={found}/{target}-"]
    if target in BY_LIBRARIES:  # whose faults are no reason to stop
        options += ["-fork=1", "-ignore_crashes=1", "-ignore_timeouts=1", "-ignore_ooms=1"]
    options += [f"-dict={words}"] if words.exists() else []
    done = subprocess.run([program, *options, corpus], env=environment(target), capture_output=True, cwd=folder)
    counts = re.findall(r"^#(\d+)\b", done.stderr.decode(errors="replace"), re.M)
    findings = {}
    for path in sorted(found.glob(f"{target}-*")):
        report = again(program, target, path)
        places = {OWN.search(known).group(0) for known in findings.values() if OWN.search(known)}
        own = OWN.search(report)
        if report and (own is None or own.group(0) not in places):  # one for each place in the source
            findings[path] = report
        else:
            path.unlink()
    return int(counts[-1]) if counts else 0, findings


def main():
    build, seconds = pathlib.Path(sys.argv[1]).resolve(), int(sys.argv[2])
    program, failed = build / "tests" / "fuzz", False
    with tempfile.TemporaryDirectory(prefix="nngrid-fuzz-") as place:
        folder = pathlib.Path(sys.argv[3] if len(sys.argv) > 3 else place).resolve()
        subprocess.run([sys.executable, "-B", HERE / "seeds.py", build / "nngrid", "-o", folder], check=True)
        for target in sys.argv[4:] or TARGETS:
            n, findings = fuzz(program, target, seconds, folder)
            print(f"fuzz/{target}: {n} inputs, {n / seconds:.0f} a second, {len(findings)} findings", flush=True)
            for path, report in findings.items():
                print(f"{path}:\n{report[-4000:]}", flush=True)
            failed = failed or bool(findings) or n == 0
    sys.exit(failed)


if __name__ == "__main__":
    main()
