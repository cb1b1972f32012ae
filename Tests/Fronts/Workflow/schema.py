"""Checks a value against a JSON Schema: the words that docs/comprehensive_report.schema.json uses, and no others."""

import re

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
WORDS = {"$schema", "$defs", "$ref", "title", "description", "type", "properties", "required", "additionalProperties",
         "propertyNames", "items", "enum", "anyOf", "pattern", "minimum", "exclusiveMinimum", "exclusiveMaximum"}


def is_type(value, name):
    if name in ("number", "integer"):
        return not isinstance(value, bool) and isinstance(value, int if name == "integer" else (int, float))
    return isinstance(value, TYPES[name])


def problems(value, schema, root, path="$"):
    """What is wrong with a value, a line each."""
    if unknown := set(schema) - WORDS:
        raise ValueError(f"the check does not know {unknown}")
    if "$ref" in schema:
        return problems(value, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root, path)
    found = []
    names = schema.get("type", [])
    names = [names] if isinstance(names, str) else names
    if names and not any(is_type(value, name) for name in names):
        return [f"{path}: {type(value).__name__} in place of {names}"]
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{path}: {value!r}")
    if "anyOf" in schema and all(problems(value, part, root, path) for part in schema["anyOf"]):
        found.append(f"{path}: none of anyOf: {problems(value, schema['anyOf'][-1], root, path)[:3]}")
    if isinstance(value, str) and "pattern" in schema and not re.search(schema["pattern"], value):
        found.append(f"{path}: {value!r}")
    if is_type(value, "number"):
        if value < schema.get("minimum", value) or value <= schema.get("exclusiveMinimum", value - 1):
            found.append(f"{path}: {value}")
        if value >= schema.get("exclusiveMaximum", value + 1):
            found.append(f"{path}: {value}")
    if isinstance(value, list) and "items" in schema:
        for index, element in enumerate(value):
            found += problems(element, schema["items"], root, f"{path}[{index}]")
    if isinstance(value, dict):
        found += [f"{path}: no {key}" for key in schema.get("required", []) if key not in value]
        for key, member in value.items():
            if "propertyNames" in schema:
                found += problems(key, schema["propertyNames"], root, f"{path}.{key}")
            if key in schema.get("properties", {}):
                found += problems(member, schema["properties"][key], root, f"{path}.{key}")
            elif schema.get("additionalProperties", True) is False:
                found.append(f"{path}: {key} is not known")
            elif isinstance(schema.get("additionalProperties"), dict):
                found += problems(member, schema["additionalProperties"], root, f"{path}.{key}")
    return found


def unnamed(value, schema, root, path="$"):
    """Members of a value that a schema with names does not name: what a report has and its description does not."""
    if "$ref" in schema:
        return unnamed(value, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root, path)
    if "anyOf" in schema:
        fitting = [part for part in schema["anyOf"] if not problems(value, part, root, path)]
        return unnamed(value, fitting[0], root, path) if fitting else []
    if isinstance(value, list):
        elements = [unnamed(element, schema.get("items", {}), root, f"{path}[]") for element in value]
        return sorted({line for lines in elements for line in lines})
    if not isinstance(value, dict) or "properties" not in schema and "additionalProperties" not in schema:
        return []
    found = []
    for key, member in value.items():
        if key in schema.get("properties", {}):
            found += unnamed(member, schema["properties"][key], root, f"{path}.{key}")
        elif isinstance(schema.get("additionalProperties"), dict):
            found += unnamed(member, schema["additionalProperties"], root, f"{path}.*")
        else:
            found.append(f"{path}.{key}")
    return sorted(set(found))
