"""Prints the numbers of scripts/bench as markdown, with the machine that they came from."""
import engines


def rows(head, lines):
    return "\n".join(["| " + " | ".join(head) + " |", "| " + " | ".join(["---"] * len(head)) + " |",
                      *("| " + " | ".join(line) + " |" for line in lines)])


def seconds(s):
    return f"{s:.3f} s" if s < 1 else f"{s:.2f} s" if s < 100 else f"{s:,.0f} s"


def of_machine(numbers):
    m = numbers["machine"]
    peaks = [f"{p['peak_flops'] / 1e9:.0f} GFLOP/s ({p['isa']})" for p in numbers["peaks"] if p["threads"] == 1]
    tools = ", ".join(f"{name} {m[name]}" for name in ("NumPy", "PyTorch", "scikit-learn") if name in m)
    clock = numbers["peaks"][0]["clock_hz"] / 1e9
    peers = f" Peers: {tools}; {m['blas']}." if "blas" in m else ""
    return (f"{m['cpu']}, {m['cores']} cores at {clock:.2f} GHz, {m['memory']}; FMA peak of a core {', '.join(peaks)}. "
            f"{m['nngrid']}, commit {m['commit']}, {m['date']}.{peers}")


def of_engines(numbers):
    lines = []
    for e in numbers["engines"]:
        target, met = engines.target(e)
        lines.append([e["workload"], e["engine"], e["isa"], str(e["threads"]), f"{e['share']:.1%}", target or "",
                      f"{e['ns']:,.4g}", f"{e['cycles']:,.4g}"])
    return rows(["network", "engine", "instructions", "threads", "of FMA peak", "target", "ns an epoch and network",
                 "cycles"], lines)


def of_programs(numbers):
    lines = []
    for p in numbers["programs"]:
        one, most = list(p["by_threads"].values())[0], list(p["by_threads"].values())[-1]
        lines.append([p["grid"], f"{one['runs']:,}", seconds(one["seconds"]), seconds(one["engine_seconds"]),
                      f"{one['overhead']:.1%}", f"{one['microseconds_a_run_beyond']:,.0f}", seconds(most["seconds"]),
                      f"{one['seconds'] / most['seconds']:.2f}", f"{one['resident'] / 2**20:.0f} MiB"])
    head = ["grid", "runs", "one core", "of it the engine", "beyond", "us a run beyond",
            f"{most['threads']} cores", f"times (FMA peak: {engines.peak_scaling(numbers['peaks']):.2f})", "resident"]
    return rows(head, lines)


def of_peers(numbers):
    compared = [p for p in numbers["programs"] if p.get("peers")]
    tools = list(dict.fromkeys(peer["tool"] for p in compared for peer in p["peers"]))
    lines = []
    for p in compared:
        times = {peer["tool"]: peer["seconds"] for peer in p["peers"]}
        lines.append([p["grid"], seconds(p["by_threads"][min(p["by_threads"])]["seconds"]),
                      *(seconds(times[tool]) if tool in times else "" for tool in tools), f"{p['ratio']:.2f}",
                      f"{p['goal']:g}", f"{p['ratio_at_peak']:.2f}"])
    return rows(["grid, one core", "nngrid", *tools, "nngrid : best peer", "goal", "products alone at the FMA peak : best peer"], lines)


def of(numbers):
    parts = ["Measured with sizes of --quick: the figures mean little."] if numbers["quick"] else []
    parts.append(of_machine(numbers))
    for key, make in (("engines", of_engines), ("programs", of_programs)):
        if numbers[key]:
            parts.append(make(numbers))
    if any(p.get("peers") for p in numbers["programs"]):
        parts.append(of_peers(numbers))
    return "\n\n".join(parts)
