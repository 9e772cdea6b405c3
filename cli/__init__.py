"""What is asked: the `understudy` command."""

__all__: list[str] = []
