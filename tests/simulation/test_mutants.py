"""The catalogue of wrong engines keeps up with the engine. Hunting them takes long: see `mutants.__main__`."""

from __future__ import annotations

import ast

import pytest

from ops.drill.simulation.themes import theme_called
from tests._paths import REPOSITORY
from tests.simulation.mutants.catalogue import MUTANTS
from tests.simulation.mutants.escaped import ESCAPED
from tests.simulation.mutants.mutant import Mutant


@pytest.mark.parametrize("mutant", [*MUTANTS, *ESCAPED], ids=lambda mutant: mutant.name)
def test_every_mutant_applies_to_the_engine_as_it_is_and_leaves_python(mutant: Mutant) -> None:
    text = (REPOSITORY / mutant.file).read_text()
    changed = mutant.applied_to(text)

    assert changed != text
    ast.parse(changed)


def test_mutants_have_names_of_their_own_and_say_what_they_break() -> None:
    assert len({mutant.name for mutant in (*MUTANTS, *ESCAPED)}) == len(MUTANTS) + len(ESCAPED)
    assert all(mutant.rule for mutant in (*MUTANTS, *ESCAPED))


@pytest.mark.parametrize("words", sorted({mutant.theme for mutant in MUTANTS} - {""}))
def test_mutants_are_hunted_with_themes_that_there_are(words: str) -> None:
    assert theme_called(words).words == words
