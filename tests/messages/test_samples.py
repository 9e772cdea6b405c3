"""What was stored once must be read for ever: one encoded sample of every shape that a stored type ever had."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec.structs import FieldInfo, fields

from messages import MESSAGE_TYPES, CodecError, OrderType, SubmitOrder, decode
from tests.messages._samples import (
    FOLDER,
    FRAMES,
    ORDER,
    SAMPLES,
    STORED_TYPES,
    encoded,
    newest,
    stored,
)

CURE = "add a value to tests/messages/_samples.py and run: python -m tests.messages.write_samples"
WITHOUT_EXTRAS: dict[type, Any] = {
    SubmitOrder: msgspec.structs.replace(ORDER, order_type=OrderType.MARKET, limit_price=None, stop_price=None)
}
"""Where the sample's other fields ask for one that has a default."""
AS_ARRAY = [kind for kind in STORED_TYPES if kind.__struct_config__.array_like]


def sample_of(kind: type[msgspec.Struct]) -> Any:
    """The newest sample of a type."""
    return next(value for _, value in newest() if type(value) is kind)


def as_array(value: msgspec.Struct) -> list[Any]:
    """An array-like value as it is stored, its tag first if it has one."""
    array: list[Any] = msgspec.msgpack.decode(encoded(value))
    return array


def tags(kind: type[msgspec.Struct]) -> int:
    """How many places of the array the tag takes."""
    return int(kind.__struct_config__.tag is not None)


def has_default(field: FieldInfo) -> bool:
    """Whether an older array may lack the field."""
    return field.default is not msgspec.NODEFAULT or field.default_factory is not msgspec.NODEFAULT


def default_of(field: FieldInfo) -> Any:
    """What an older array means by lacking the field."""
    return field.default if field.default is not msgspec.NODEFAULT else field.default_factory()


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_that_was_stored_decodes_to_its_value(name: str) -> None:
    value = SAMPLES[name]

    assert repr(msgspec.msgpack.decode(stored(name), type=type(value))) == repr(value)


@pytest.mark.parametrize("kind", STORED_TYPES)
def test_every_stored_type_has_a_sample_of_the_shape_that_it_has_now(kind: type[msgspec.Struct]) -> None:
    names = [name for name, value in newest() if type(value) is kind]

    assert names, f"{kind.__name__} has no sample: {CURE}"
    assert encoded(SAMPLES[names[0]]) == stored(names[0]), f"{kind.__name__} has another shape now: {CURE}"


@pytest.mark.parametrize("kind", STORED_TYPES)
def test_a_sample_has_no_field_at_its_default_so_that_each_place_is_pinned(kind: type[msgspec.Struct]) -> None:
    value = sample_of(kind)

    at_default = [
        field.name
        for field in fields(kind)
        if has_default(field) and getattr(value, field.name) == default_of(field) and field.name != "schema"
    ]

    assert at_default == []


def test_every_file_of_a_sample_belongs_to_a_value() -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(f"{name}.hex" for name in (*SAMPLES, *FRAMES))


@pytest.mark.parametrize("kind", AS_ARRAY)
def test_an_older_shorter_array_decodes_with_defaults(kind: type[msgspec.Struct]) -> None:
    value = WITHOUT_EXTRAS.get(kind, sample_of(kind))
    given = [field.name for field in fields(kind) if not has_default(field)]
    older = as_array(value)[: tags(kind) + len(given)]

    decoded = msgspec.msgpack.decode(msgspec.msgpack.encode(older), type=kind)

    assert decoded == kind(**{name: getattr(value, name) for name in given})


@pytest.mark.parametrize("kind", AS_ARRAY)
def test_a_newer_longer_array_decodes_to_what_this_code_knows(kind: type[msgspec.Struct]) -> None:
    newer = [*as_array(sample_of(kind)), "a field of tomorrow", {"and": [1, 2]}]

    assert msgspec.msgpack.decode(msgspec.msgpack.encode(newer), type=kind) == sample_of(kind)


@pytest.mark.parametrize("kind", [kind for kind in STORED_TYPES if kind not in AS_ARRAY])
def test_a_map_with_fewer_or_more_keys_decodes(kind: type[msgspec.Struct]) -> None:
    stored_map = msgspec.msgpack.decode(encoded(sample_of(kind)))
    newer = {**stored_map, "a field of tomorrow": 1}
    older = {field.name: stored_map[field.name] for field in fields(kind) if not has_default(field)}

    assert msgspec.msgpack.decode(msgspec.msgpack.encode(newer), type=kind) == sample_of(kind)
    decoded = msgspec.msgpack.decode(msgspec.msgpack.encode(older), type=kind)
    assert decoded == kind(**{name: getattr(sample_of(kind), name) for name in older})


@pytest.mark.parametrize("kind", MESSAGE_TYPES)
def test_a_field_of_the_wrong_type_is_refused_by_name(kind: type[msgspec.Struct]) -> None:
    array = as_array(sample_of(kind))

    for place in range(1, len(array)):
        wrong = [*array[:place], {"no": "field is a map"}, *array[place + 1 :]]
        with pytest.raises(CodecError, match=rf"of tag '{kind.__name__}'\): .*\$\[{place}\]"):
            decode(msgspec.msgpack.encode(wrong))
