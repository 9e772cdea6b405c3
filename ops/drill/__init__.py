"""Drills: proof that the engine comes through faults, on the machine of whoever runs it."""
