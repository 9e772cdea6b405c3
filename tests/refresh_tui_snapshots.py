"""Draw the terminal view's snapshots anew: `python -m tests.refresh_tui_snapshots`. Look at what has changed."""

from __future__ import annotations

from tests.ops.tui._screens import SCREENS, SNAPSHOTS, drawn


def main() -> None:
    """Write each screen to its file."""
    SNAPSHOTS.mkdir(exist_ok=True)
    for name in SCREENS:
        (SNAPSHOTS / f"{name}.txt").write_text(drawn(name), "utf-8")


if __name__ == "__main__":
    main()
