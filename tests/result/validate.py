"""Validates result files against the published schema with an independent validator.

validate.py SCHEMA FILE...          every FILE must be valid
validate.py --self-test SCHEMA FILE... and every way of breaking them must be refused
"""
import copy
import json
import sys

try:
    import jsonschema
except ImportError:
    sys.exit("the Python package jsonschema is missing: run scripts/setup.sh test")


def place(error):
    return "/".join(str(part) for part in error.absolute_path) or "the top level"


def breaks(document):
    """(name, broken document) for every rule a reader relies on."""

    def broken(name, change):
        changed = copy.deepcopy(document)
        change(changed)
        assert changed != document, name
        return name, changed

    yield broken("other schema", lambda d: d.update(schema="peerbench.result/2"))
    yield broken("extra key on top", lambda d: d.update(host="name"))
    yield broken("simulated is a word", lambda d: d.update(simulated="yes"))
    yield broken("time without zone", lambda d: d.update(started="2026-01-31 12:00:00"))
    for key in list(document):
        yield broken(f"no {key}", lambda d, key=key: d.pop(key))
    for key in ("class", "modifiers", "gpus", "links", "pools", "evidence"):
        yield broken(f"no machine.{key}", lambda d, key=key: d["machine"].pop(key))
    yield broken("unknown class", lambda d: d["machine"].update({"class": "toaster"}))
    yield broken("extra machine key", lambda d: d["machine"].update(hostname="box"))
    yield broken("string precision", lambda d: d["settings"].update(precision="0.01"))

    # One cell of each kind that has rules of its own.
    kinds = {cell["status"] == "ok": index for index, cell in enumerate(document["cells"])}
    for index in kinds.values():
        cell = document["cells"][index]

        def in_cell(name, change, index=index):
            return broken(f"cell {index}: {name}", lambda d: change(d["cells"][index]))

        for key in ("name", "family", "engine", "status", "reason", "counts", "unit", "median",
                    "samples", "ceiling", "band", "efficiency"):
            yield in_cell(f"no {key}", lambda c, key=key: c.pop(key))
        yield in_cell("unknown status", lambda c: c.update(status="fine"))
        yield in_cell("unknown counts", lambda c: c.update(counts="both"))
        yield in_cell("string median", lambda c: c.update(median="51.0"))
        yield in_cell("string sample", lambda c: c.update(samples=["51.0"]))
        yield in_cell("extra key", lambda c: c.update(extra=1))
        yield in_cell("empty op", lambda c: c.update(op=""))
        yield in_cell("ceiling without source", lambda c: c.update(ceiling={"value": 1}))
        if cell["status"] == "ok":
            yield in_cell("unknown verdict", lambda c: c.update(verdict="great"))
            yield in_cell("no verdict", lambda c: c.pop("verdict"))
            yield in_cell("ok without a figure", lambda c: c.update(median=None))
        else:
            yield in_cell("verdict on what was not measured", lambda c: c.update(verdict="good"))


def main(arguments):
    self_test = arguments[:1] == ["--self-test"]
    schema_path, *paths = arguments[1:] if self_test else arguments
    with open(schema_path, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    failures, tried = [], 0
    if not paths:
        failures.append("no file was given")
    for path in paths:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
        failures += [f"{path}: {place(e)}: {e.message[:200]}" for e in validator.iter_errors(document)]
        for name, changed in breaks(document) if self_test else ():
            tried += 1
            if validator.is_valid(changed):
                failures.append(f"{path}: the schema lets through: {name}")
    print("\n".join(failures) or f"{len(paths)} valid, {tried} broken ones refused")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
