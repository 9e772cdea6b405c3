"""Write the files of samples that have none yet: `python -m tests.messages.write_samples`. Never changes a file."""

from __future__ import annotations

from textwrap import wrap

from tests.messages._samples import FOLDER, FRAMES, SAMPLES, encoded, path_of


def write_samples() -> list[str]:
    """Make the missing files; their names."""
    FOLDER.mkdir(exist_ok=True)
    everything = {name: encoded(value) for name, value in SAMPLES.items()} | FRAMES
    missing = [name for name in everything if not path_of(name).exists()]
    for name in missing:
        lines = wrap(everything[name].hex(" "), width=96)
        path_of(name).write_text("\n".join(lines) + "\n")
    return missing


if __name__ == "__main__":
    print("\n".join(write_samples()) or "every sample has its file")
