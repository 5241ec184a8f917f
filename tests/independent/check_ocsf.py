"""Holds OCSF events, one a line on standard input, against the published schema.

Twice: with the models of pydantic-ocsf, and with the JSON Schema that ocsf-json-schema makes of the
schema it carries. Prints what is wrong with which line; exits 1 when anything is.
"""

import importlib
import json
import sys
from functools import lru_cache

import jsonschema
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

# pydantic-ocsf 3.0 cannot put its model of the base event together; the JSON Schema covers that one.
MODELS = {
    2004: "DetectionFinding",
    3001: "AccountChange",
    3002: "Authentication",
    3004: "EntityManagement",
}


@lru_cache(maxsize=None)
def schema(version):
    return OcsfJsonSchemaEmbedded(get_ocsf_schema(version=version))


@lru_cache(maxsize=None)
def validator(version, uid):
    name = schema(version).lookup_class_name_from_uid(class_uid=uid)
    return jsonschema.Draft202012Validator(schema(version).get_class_schema(class_name=name, profiles=[]))


@lru_cache(maxsize=None)
def model(version, uid):
    events = importlib.import_module(f"ocsf.v{version.replace('.', '_')}.events")
    return getattr(events, MODELS[uid])


def mistakes(event):
    version = event["metadata"]["version"]
    for error in validator(version, event["class_uid"]).iter_errors(event):
        yield f"{'.'.join(str(part) for part in error.absolute_path)}: {error.message[:300]}"
    if event["class_uid"] not in MODELS:
        return
    try:
        model(version, event["class_uid"]).model_validate(event)
    except ValueError as error:
        yield str(error)[:1500]


def main():
    wrong = 0
    count = 0
    for number, line in enumerate(sys.stdin.buffer.read().split(b"\n"), 1):
        if not line:
            continue
        count += 1
        for mistake in mistakes(json.loads(line)):
            wrong += 1
            print(f"line {number}: {mistake}")
    print(f"{count} events, {wrong} mistakes")
    sys.exit(1 if wrong or not count else 0)


main()
