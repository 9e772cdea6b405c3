"""How it is run: configuration, wiring, and reading what a run left behind."""

__all__: list[str] = []
