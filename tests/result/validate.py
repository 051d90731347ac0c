# SPDX-License-Identifier: Apache-2.0
"""Validates results or saved signals against their published schema with an independent validator.

validate.py SCHEMA FILE...          every FILE must be valid
validate.py --self-test SCHEMA FILE... and every way of breaking them must be refused
validate.py --same-definitions SCHEMA OTHER  what both define under a name must be the same
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


def machine_breaks(document, broken):
    """Of what a machine may tell and need not: the first place where it does is broken."""

    def first(name, key, change):
        def places(value):
            if isinstance(value, dict):
                if key in value:
                    yield value
                value = list(value.values())
            for inner in value if isinstance(value, list) else ():
                yield from places(inner)

        if any(True for _ in places(document["machine"])):
            yield broken(f"machine {key}: {name}", lambda d: change(next(places(d["machine"]))))

    yield from first("unknown way", "way", lambda x: x.update(way="XYZ"))
    yield from first("no width", "current", lambda x: x["current"].pop("width"))
    yield from first("generation 0", "current", lambda x: x["current"].update(generation=0))
    yield from first("extra key", "pcie", lambda x: x["pcie"].update(extra=1))
    yield from first("nothing known", "bar1_bytes", lambda x: x.update(bar1_bytes=0))
    yield from first("extra key", "allowed", lambda x: x["allowed"].update(extra=1))
    yield from first("a word alone", "read", lambda x: x.update(read="OK"))
    for key in ("ceiling", "nvlink_ceiling", "pcie_ceiling", "c2c_ceiling"):
        yield from first("no rate", key, lambda x, key=key: x[key].pop("gbs"))
        yield from first("rate 0", key, lambda x, key=key: x[key].update(gbs=0))
        yield from first("null", key, lambda x, key=key: x.update({key: None}))
    yield from first("hidden without model", "hidden", lambda x: x["hidden"][0].pop("model"))
    yield from first("no meaning", "proof", lambda x: x["proof"][0].pop("meaning"))
    yield from first("a word alone", "iommu", lambda x: x.update(iommu="off"))


def breaker(document):
    """A function that makes (name, broken document) of a name and a change."""

    def broken(name, change):
        changed = copy.deepcopy(document)
        change(changed)
        assert changed != document, name
        return name, changed

    return broken


def breaks_of_signals(document):
    """The same as breaks(), for saved signals."""
    broken = breaker(document)
    signals = document["signals"]
    yield broken("other schema", lambda d: d.update(schema="peerbench.signals/2"))
    yield broken("extra key on top", lambda d: d.update(host="name"))
    yield broken("time without zone", lambda d: d.update(saved="2026-01-31 12:00:00"))
    yield broken("no signals", lambda d: d.pop("signals"))
    for key in ("cuda_count", "gpus", "pairs", "pools"):
        yield broken(f"no signals.{key}", lambda d, key=key: d["signals"].pop(key))
    yield broken("extra signal", lambda d: d["signals"].update(hostname="box"))
    yield broken("negative count", lambda d: d["signals"].update(cuda_count=-1))
    yield broken("empty text", lambda d: d["signals"].update(kernel=""))
    yield broken("signal is a word", lambda d: d["signals"].update(wsl="no"))
    yield broken("signal without value", lambda d: d["signals"].update(wsl={"raw": "0"}))
    yield broken("unknown word", lambda d: d["signals"].update(wsl={"value": "maybe"}))
    for index, gpu in enumerate(signals["gpus"]):
        def in_gpu(name, change, index=index):
            return broken(f"gpu {index}: {name}", lambda d: change(d["signals"]["gpus"][index]))

        yield in_gpu("no gpu", lambda g: g.pop("gpu"))
        yield in_gpu("no ordinal", lambda g: g["gpu"].pop("ordinal"))
        yield in_gpu("extra key", lambda g: g.update(serial="1"))
        yield in_gpu("speed without width", lambda g: g.update(pcie_current={"generation": 1}))
        if "ports" in gpu:
            yield in_gpu("unknown remote", lambda g: g["ports"][0].update(remote="moon"))
            yield in_gpu("extra key of a link", lambda g: g["ports"][0].update(speed=1))
    if signals["pairs"]:
        yield broken("pair without end", lambda d: d["signals"]["pairs"][0].pop("to"))
        yield broken("unknown way", lambda d: d["signals"]["pairs"][0].update(way="XYZ"))


def breaks(document):
    """(name, broken document) for every rule a reader relies on."""
    broken = breaker(document)
    yield broken("other schema", lambda d: d.update(schema="peerbench.result/2"))
    yield broken("extra key on top", lambda d: d.update(host="name"))
    yield broken("simulated is a word", lambda d: d.update(simulated="yes"))
    yield broken("time without zone", lambda d: d.update(started="2026-01-31 12:00:00"))
    for key in list(document):
        if key != "conclusion":  # files from before there was one have none
            yield broken(f"no {key}", lambda d, key=key: d.pop(key))
    if "conclusion" in document:
        yield broken("unknown answer", lambda d: d["conclusion"].update(answer="fine"))
        yield broken("no answer", lambda d: d["conclusion"].pop("answer"))
        yield broken("unknown cause", lambda d: d["conclusion"].update(causes=["bad luck"]))
        if document["conclusion"]["groups"]:
            yield broken("no pairs", lambda d: d["conclusion"]["groups"][0].pop("pairs"))
    for key in ("class", "modifiers", "gpus", "links", "pools", "evidence"):
        yield broken(f"no machine.{key}", lambda d, key=key: d["machine"].pop(key))
    yield broken("unknown class", lambda d: d["machine"].update({"class": "toaster"}))
    yield broken("extra machine key", lambda d: d["machine"].update(hostname="box"))
    yield from machine_breaks(document, broken)
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


def same_definitions(paths):
    definitions = []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            definitions.append(json.load(file)["$defs"])
    shared = definitions[0].keys() & definitions[1].keys()
    different = sorted(name for name in shared if definitions[0][name] != definitions[1][name])
    if not shared:
        different = ["nothing is defined in both"]
    print(*(f"differs: {name}" for name in different), f"{len(shared)} in both", sep="\n")
    return 1 if different else 0


def main(arguments):
    if arguments[:1] == ["--same-definitions"]:
        return same_definitions(arguments[1:])
    self_test = arguments[:1] == ["--self-test"]
    schema_path, *paths = arguments[1:] if self_test else arguments
    with open(schema_path, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    if self_test:
        breaks_of = breaks_of_signals if schema["$id"].startswith("peerbench.signals") else breaks
    failures, tried = [], 0
    if not paths:
        failures.append("no file was given")
    for path in paths:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
        failures += [f"{path}: {place(e)}: {e.message[:200]}" for e in validator.iter_errors(document)]
        for name, changed in breaks_of(document) if self_test else ():
            tried += 1
            if validator.is_valid(changed):
                failures.append(f"{path}: the schema lets through: {name}")
    print("\n".join(failures) or f"{len(paths)} valid, {tried} broken ones refused")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
