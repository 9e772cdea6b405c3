"""Which declared types can be saved in a checkpoint and come back as they were."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import msgspec
from msgspec import inspect


@lru_cache(maxsize=64)
def unsavable_field(struct: type[msgspec.Struct]) -> str | None:
    """The first field that could not be saved and why, `None` if all can.

    Raises TypeError or NameError for annotations that mean nothing to msgspec.
    """
    msgspec.msgpack.Decoder(struct)
    return next(_problems(inspect.type_info(struct), "", []), None)


def _problems(kind: inspect.Type, path: str, above: list[type]) -> Iterator[str]:
    match kind:
        case inspect.CustomType(cls=cls):
            yield f"{path} is {getattr(cls, '__name__', cls)}"
        case inspect.AnyType():
            yield f"{path} has no exact type"
        case inspect.StructType(cls=cls, fields=fields):
            if cls not in above:
                for field in fields:
                    yield from _problems(field.type, f"{path}.{field.name}".lstrip("."), [*above, cls])
        case inspect.DictType(key_type=key, value_type=value):
            yield from _problems(key, f"a key of {path}", above)
            yield from _problems(value, path, above)
        case inspect.CollectionType(item_type=item):
            yield from _problems(item, path, above)
        case inspect.TupleType(item_types=items) | inspect.UnionType(types=items):
            for item in items:
                yield from _problems(item, path, above)
        case _:
            return
