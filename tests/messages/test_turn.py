"""Frames of the journal: what a turn was comes back, a changed or missing byte is noticed, parts read alone."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from messages import (
    GENESIS_CHAIN,
    FrameError,
    FrameHeader,
    Interrupt,
    OrderRecord,
    OrderStatus,
    Recorded,
    Turn,
    TurnInputs,
    check_chain,
    decode_effects,
    decode_turn,
    encode_turn,
    frames,
    read_header,
)
from tests.messages._samples import CHAIN_BEFORE, EFFECTS, FRAME, FRAMES, ORDER, TAKEN, stored
from tests.messages._values import messages, structs

EXAMPLES = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def turns(draw: st.DrawFn) -> dict[str, Any]:
    """What `encode_turn` is given, but for the chain."""
    inputs = draw(st.lists(messages(), max_size=3))
    return {
        "epoch": draw(st.integers(0, 2**32 - 1)),
        "first_seq": draw(st.integers(1, 2**63)),
        "taken": TurnInputs(
            times_ns=[draw(st.integers(0, 2**62)) for _ in inputs],
            inputs=inputs,
            positions=draw(st.dictionaries(st.text(max_size=5), st.integers(0, 2**40), max_size=2)),
            interrupts=draw(st.lists(structs(Interrupt), max_size=2)),
        ),
        "effects": draw(st.lists(st.builds(Recorded, st.integers(1, 2**40), messages()), max_size=3)),
    }


@EXAMPLES
@given(turns(), st.binary(min_size=32, max_size=32))
def test_a_turn_comes_back_as_it_was(turn: dict[str, Any], chain_before: bytes) -> None:
    frame = encode_turn(**turn, chain_before=chain_before)

    again = decode_turn(frame, check_chain(frame, 0, chain_before))

    expected = Turn(turn["epoch"], turn["first_seq"], turn["taken"], turn["effects"], frame[-32:])
    assert repr(again) == repr(expected)
    assert again.last_seq == turn["first_seq"] + len(turn["taken"].inputs) - 1


@EXAMPLES
@given(st.lists(turns(), max_size=3))
def test_frames_lie_one_after_another_each_proven_by_the_one_before(taken: list[dict[str, Any]]) -> None:
    encoded: list[bytes] = []
    for turn in taken:
        encoded.append(encode_turn(**turn, chain_before=encoded[-1][-32:] if encoded else GENESIS_CHAIN))
    buffer = b"".join(encoded)

    headers = list(frames(buffer))

    assert [header.first_seq for header in headers] == [turn["first_seq"] for turn in taken]
    assert [header.count for header in headers] == [len(turn["taken"].inputs) for turn in taken]
    assert all(before.end < header.end for before, header in pairwise(headers))
    chain, offset = GENESIS_CHAIN, 0
    for header, turn in zip(headers, taken, strict=True):
        assert check_chain(buffer, offset, chain) == header
        assert repr(decode_effects(buffer, header)) == repr(turn["effects"])
        chain, offset = buffer[header.chain_start : header.end], header.end
    assert offset == len(buffer)


def test_every_flipped_bit_is_noticed() -> None:
    for place in range(len(FRAME)):
        for bit in range(8):
            changed = bytearray(FRAME)
            changed[place] ^= 1 << bit

            with pytest.raises(FrameError):
                check_chain(bytes(changed), 0, CHAIN_BEFORE)


def test_a_frame_that_was_cut_short_anywhere_is_noticed_by_its_header_alone() -> None:
    for length in range(len(FRAME)):
        with pytest.raises(FrameError, match="cut short"):
            read_header(FRAME[:length])


def test_a_frame_after_another_than_its_own_is_noticed() -> None:
    with pytest.raises(FrameError, match="input 41 does not match its checksum: it was changed"):
        check_chain(FRAME, 0, GENESIS_CHAIN)


def test_a_frame_of_a_later_format_is_refused_with_both_versions() -> None:
    later = FRAME[:4] + b"\x02" + FRAME[5:]

    with pytest.raises(FrameError, match="format version 2; this code reads 1"):
        read_header(later)


def test_what_is_no_frame_is_refused_with_where_it_was() -> None:
    with pytest.raises(FrameError, match="frame at byte 7 does not begin with b'USTD'"):
        read_header(b"garbage" + b"x" * 100, 7)


def test_garbage_behind_a_frame_is_noticed() -> None:
    with pytest.raises(FrameError, match=f"frame at byte {len(FRAME)} is cut short"):
        list(frames(FRAME + b"USTD"))


def test_effects_can_be_read_although_the_inputs_cannot() -> None:
    header = read_header(FRAME)
    blind = FRAME[: header.inputs_start] + b"\xc1" * (header.effects_start - header.inputs_start)
    blind += FRAME[header.effects_start :]

    assert decode_effects(blind, header) == EFFECTS
    with pytest.raises(FrameError, match="inputs from 41 cannot be decoded"):
        decode_turn(blind, header)


def test_effects_that_cannot_be_read_are_told_by_their_input() -> None:
    header = read_header(FRAME)
    blind = FRAME[: header.effects_start] + b"\xc1" + FRAME[header.effects_start + 1 :]

    with pytest.raises(FrameError, match="effects from input 41 cannot be decoded"):
        decode_effects(blind, header)


def test_bytes_that_are_no_text_are_a_frame_error_too() -> None:
    header = read_header(FRAME)
    place = FRAME.index(b"ABC")
    blind = FRAME[:place] + b"\xff" + FRAME[place + 1 :]

    with pytest.raises(FrameError, match="inputs from 41 cannot be decoded"):
        decode_turn(blind, header)


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_that_was_stored_reads_as_it_did(name: str) -> None:
    frame = stored(name)

    header = check_chain(frame, 0, CHAIN_BEFORE)

    assert header == FrameHeader(3, 41, 2, inputs_start=29, effects_start=145, chain_start=252, end=284)
    assert decode_turn(frame, header) == Turn(3, 41, TAKEN, EFFECTS, frame[-32:])


@pytest.mark.parametrize("status", OrderStatus)
def test_an_order_is_open_until_its_status_is_final(status: OrderStatus) -> None:
    record = OrderRecord(client_order_id=ORDER.client_order_id, seq=1, status=status, intent=ORDER)

    final = {"denied", "filled", "canceled", "rejected", "expired"}
    assert record.is_open is (status.value not in final)
