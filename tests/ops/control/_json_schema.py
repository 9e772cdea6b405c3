"""As much of JSON Schema as msgspec writes: enough to see whether an answer is what the document says."""

from __future__ import annotations

from typing import Any

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
    "array": (list,),
    "object": (dict,),
}


def faults(value: Any, schema: dict[str, Any], document: dict[str, Any], at: str = "$") -> list[str]:
    """What of a decoded JSON value does not fit its schema."""
    if "$ref" in schema:
        target: Any = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return faults(value, target, document, at)
    if "anyOf" in schema:
        tried = [faults(value, each, document, at) for each in schema["anyOf"]]
        return min(tried, key=len) if all(tried) else []
    if "enum" in schema and value not in schema["enum"]:
        return [f"{at} is {value!r}, none of {schema['enum']}"]
    kind = schema.get("type")
    if kind and (not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "boolean")):
        return [f"{at} is {value!r}, no {kind}"]
    if isinstance(value, dict):
        return _in_object(value, schema, document, at)
    if isinstance(value, list):
        return _in_array(value, schema, document, at)
    return []


def _in_object(value: dict[str, Any], schema: dict[str, Any], document: dict[str, Any], at: str) -> list[str]:
    found = [f"{at}.{name} is missing" for name in schema.get("required", ()) if name not in value]
    properties, others = schema.get("properties", {}), schema.get("additionalProperties", {})
    for name, each in value.items():
        inner = properties.get(name, others)
        if inner is False:
            found.append(f"{at}.{name} is unknown")
        elif isinstance(inner, dict):
            found += faults(each, inner, document, f"{at}.{name}")
    return found


def _in_array(value: list[Any], schema: dict[str, Any], document: dict[str, Any], at: str) -> list[str]:
    first, rest = schema.get("prefixItems", []), schema.get("items", {})
    found = [f"{at} has {len(value)} items"] if len(value) < schema.get("minItems", 0) else []
    for index, each in enumerate(value):
        inner = first[index] if index < len(first) else rest
        if isinstance(inner, dict):
            found += faults(each, inner, document, f"{at}[{index}]")
    return found
