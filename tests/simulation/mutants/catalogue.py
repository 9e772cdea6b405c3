"""All mutants, by what part of the engine they are in."""

from __future__ import annotations

from tests.simulation.mutants import (
    in_account,
    in_answers,
    in_books,
    in_commands,
    in_configuration,
    in_kernel,
    in_limits,
    in_orders,
    in_venue,
    in_wishes,
)

MUTANTS = (
    *in_kernel.MUTANTS,
    *in_venue.MUTANTS,
    *in_answers.MUTANTS,
    *in_orders.MUTANTS,
    *in_books.MUTANTS,
    *in_account.MUTANTS,
    *in_limits.MUTANTS,
    *in_commands.MUTANTS,
    *in_configuration.MUTANTS,
    *in_wishes.MUTANTS,
)
