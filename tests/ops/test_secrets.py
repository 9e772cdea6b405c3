"""A secret is where its reference says, and is shown by nobody: not by errors, `repr` or the journal."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.config import AlpacaVenueSettings, decode_config, encode_config, parse_config
from ops.errors import ConfigError
from ops.secrets import SecretRef, resolve

VALUE = "s3cr3t-value"
ALLOWED = 'a reference to a secret: { env = "NAME" }, { file = "path" } or { credential = "name" }'
ALPACA = """
[source.alpaca]
symbols = ["AAPL"]

[venue.paper]
kind = "alpaca"
"""
KEY = 'key_id = { env = "KEY_ID" }\n'
SECRET_KEY = 'secret_key = { file = "secret" }\n'


def private(path: Path, content: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_a_secret_is_read_from_the_environment() -> None:
    assert resolve(SecretRef(env="KEY_ID"), {"KEY_ID": f" {VALUE}\n"}) == VALUE


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_secret_is_read_from_a_private_file(tmp_path: Path, mode: int) -> None:
    path = private(tmp_path / "secret", f"{VALUE}\n".encode(), mode)

    assert resolve(SecretRef(file=str(path)), {}) == VALUE


def test_a_secret_is_read_from_what_systemd_hands_over_whatever_its_mode_says(tmp_path: Path) -> None:
    private(tmp_path / "alpaca", VALUE.encode(), 0o440)

    assert resolve(SecretRef(credential="alpaca"), {"CREDENTIALS_DIRECTORY": str(tmp_path)}) == VALUE


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_file_that_others_can_read_is_refused_with_the_cure(tmp_path: Path, mode: int) -> None:
    path = private(tmp_path / "secret", VALUE.encode(), mode)

    assert refusal(SecretRef(file=str(path))) == (
        f"secret file {path} can be read by others, mode {mode:04o}. Make it private: chmod 600 {path}"
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b" \n", "is empty. Put the secret there."),
        (b"\xff" + VALUE.encode(), "is not UTF-8 text. Save it as text."),
        (b"x" * 20_000, "is longer than 16384 bytes; no secret is. Correct the path."),
    ],
)
def test_a_file_that_holds_no_secret_is_refused_without_its_content(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = private(tmp_path / "secret", content)

    assert refusal(SecretRef(file=str(path))) == f"secret file {path} {message}"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "absent"

    assert refusal(SecretRef(file=str(path))) == (
        f"secret file {path} cannot be read: No such file or directory. Correct the path or its rights."
    )


def test_a_variable_that_is_not_set_is_named() -> None:
    assert refusal(SecretRef(env="KEY_ID")) == (
        "the environment variable KEY_ID is not set. Set it to the secret, or name another place."
    )
    assert refusal(SecretRef(env="KEY_ID"), {"KEY_ID": ""}) == (
        "the environment variable KEY_ID is empty. Put the secret there."
    )


def test_a_credential_without_systemd_is_told_how_to_have_one() -> None:
    assert refusal(SecretRef(credential="alpaca")) == (
        "there are no credentials: CREDENTIALS_DIRECTORY is not set. "
        "Start the engine by systemd with LoadCredential=alpaca:<file>, or name another place."
    )


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        (f'"{VALUE}"', f"is not shown; it must be {ALLOWED}."),
        (f'["{VALUE}"]', f"is not shown; it must be {ALLOWED}."),
        ("{ env = 12345 }", f"is not shown; it must be {ALLOWED}."),
        (f'{{ env = "{VALUE}" }}', "env is not the name of an environment variable"),
        (f'{{ credential = "../{VALUE}" }}', "credential is not the name of a credential"),
        ('{ env = "A", file = "b" }', f"it names 2 places; it must be {ALLOWED}."),
        ("{}", f"it names 0 places; it must be {ALLOWED}."),
        (f'{{ value = "{VALUE}" }}', "value is not a setting; remove it."),
    ],
)
def test_what_is_no_reference_is_refused_and_not_shown(reference: str, message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_config(f"{ALPACA}{SECRET_KEY}key_id = {reference}\n", name="run.toml")

    assert str(refused.value).startswith("run.toml: venue.paper.key_id")
    assert message in str(refused.value)
    assert VALUE not in str(refused.value)
    assert "12345" not in str(refused.value)


def test_a_secret_that_is_missing_is_told_what_it_may_be() -> None:
    with pytest.raises(ConfigError) as refused:
        parse_config(ALPACA + KEY, name="run.toml")

    assert str(refused.value) == f"run.toml: venue.paper.secret_key is missing; it must be {ALLOWED}. Add it."


def test_a_plain_secret_in_a_variable_is_refused_and_not_shown() -> None:
    with pytest.raises(ConfigError) as refused:
        parse_config(ALPACA + KEY + SECRET_KEY, name="run.toml", environ={"UNDERSTUDY_VENUE__PAPER__KEY_ID": VALUE})

    assert str(refused.value) == (
        f"UNDERSTUDY_VENUE__PAPER__KEY_ID is not shown; it must be {ALLOWED}. "
        "Put the secret there, and keep it out of the configuration."
    )


def test_the_journal_keeps_the_reference_alone() -> None:
    config = parse_config(ALPACA + KEY + SECRET_KEY, name="run.toml", environ={"KEY_ID": VALUE})

    venue = config.venues["paper"]

    assert venue == AlpacaVenueSettings(key_id=SecretRef(env="KEY_ID"), secret_key=SecretRef(file="secret"))
    assert b'"key_id":{"env":"KEY_ID"}' in encode_config(config)
    assert VALUE not in f"{config!r}{encode_config(config)!r}"
    assert decode_config(encode_config(config)) == config


def refusal(secret: SecretRef, environ: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as refused:
        resolve(secret, environ or {})
    message = str(refused.value)
    assert VALUE not in message
    return message
