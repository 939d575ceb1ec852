"""Says what is impossible in the output of a command that ended with exit code 0: text that is no UTF-8 or would steer a terminal,
JSON and CSV of the wrong shape, counts that do not add up, and shares, accuracies or probabilities outside of 0 to 1."""
import csv
import io
import json
import re

SHARES = re.compile(r"(^|_)(accuracy|precision|recall|f1|auc|calibration|(?<!max_abs_)error|p)(_mean|_median|_min|_max)?$")
STATES = ("done", "diverged", "failed", "pending")


def is_share(name, value):
    """Is it, by its name, a number of 0 to 1 that lies elsewhere?"""
    return bool(SHARES.search(name)) and isinstance(value, (int, float)) and not -1e-9 <= value <= 1 + 1e-9


def no_constant(word):
    raise ValueError(f"{word} in JSON")


def in_json(thing, name=""):
    """Yields what is impossible in it."""
    if isinstance(thing, dict):
        for key, value in thing.items():
            yield from in_json(value, name if key in ("mean", "median", "value") else key)
        if "runs" in thing and all(isinstance(thing.get(key), int) for key in ("runs", *STATES)):
            if min(thing[key] for key in STATES) < 0 or sum(thing[key] for key in STATES) > thing["runs"]:
                yield f"{thing['runs']} runs are {[thing[key] for key in STATES]}"
    elif isinstance(thing, list):
        for value in thing:
            yield from in_json(value, name)
    elif is_share(name, thing):
        yield f"{name} is {thing}"


def in_csv(text):
    rows = list(csv.reader(io.StringIO(text)))
    for row in rows[1:]:
        if len(row) != len(rows[0]):
            yield f"{len(row)} fields below {len(rows[0])} names"
            return
        for name, field in zip(rows[0], row):
            if name == "status" and field not in STATES:
                yield f"status {field}"
            elif name != "precision" and SHARES.search(name) and field and is_share(name, float(field)):  # that is a type
                yield f"{name} is {field}"


def nonsense(words, printed):
    """Returns what is impossible in the output of these words, or None."""
    try:
        text = printed.decode()
        if re.search(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]", text):
            return "a control character"
        if "--json" in words:
            return next(in_json(json.loads(text, parse_constant=no_constant)), None)
        return next(in_csv(text), None) if words[0] in ("export", "predict") else None
    except ValueError as error:  # of UTF-8, JSON or a number
        return str(error)
