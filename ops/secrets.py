"""Secrets by reference: the configuration says where a secret is, never what it is.

    { env = "NAME" }          an environment variable
    { file = "path" }         a file that only its owner can read
    { credential = "name" }   a file that systemd hands to the service (LoadCredential=), in $CREDENTIALS_DIRECTORY

Only the reference is shown, logged and journaled. What `resolve` returns is for the one call that needs it.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from ops.errors import ConfigError

ALLOWED = 'a reference to a secret: { env = "NAME" }, { file = "path" } or { credential = "name" }'
SECRET_BYTES_MAX = 16 * 1024
CREDENTIALS_VARIABLE = "CREDENTIALS_DIRECTORY"

_OTHERS_MAY_READ = stat.S_IRGRP | stat.S_IROTH
_ENVIRONMENT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_CREDENTIAL_NAME = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)

_Place = Annotated[str, Meta(min_length=1, max_length=4096)]


class SecretRef(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where a secret is: exactly one of the three. Raises ValueError, which never shows what was written here."""

    env: _Place | None = None
    file: _Place | None = None
    credential: _Place | None = None

    def __post_init__(self) -> None:
        named = [place for place in (self.env, self.file, self.credential) if place is not None]
        if len(named) != 1:
            raise ValueError(f"it names {len(named)} places; it must be {ALLOWED}")
        if self.env is not None and not _ENVIRONMENT_NAME.fullmatch(self.env):
            raise ValueError("env is not the name of an environment variable; it must be letters, digits and _")
        if self.credential is not None and not _CREDENTIAL_NAME.fullmatch(self.credential):
            raise ValueError("credential is not the name of a credential; it must be letters, digits, _, - and .")


def resolve(secret: SecretRef, environ: Mapping[str, str]) -> str:
    """What the reference stands for, without spaces and line breaks around it. Raises ConfigError."""
    if secret.env is not None:
        return _of_environment(secret.env, environ)
    if secret.file is not None:
        return _of_file(Path(secret.file).expanduser(), f"secret file {secret.file}", private=True)
    assert secret.credential is not None, "a reference names one place"
    return _of_credential(secret.credential, environ)


def _of_environment(name: str, environ: Mapping[str, str]) -> str:
    text = environ.get(name)
    if text is None:
        raise ConfigError(
            f"the environment variable {name} is not set. Set it to the secret, or name another place."
        )
    return _not_empty(text, f"the environment variable {name}")


def _of_credential(name: str, environ: Mapping[str, str]) -> str:
    folder = environ.get(CREDENTIALS_VARIABLE)
    if not folder:
        raise ConfigError(
            f"there are no credentials: {CREDENTIALS_VARIABLE} is not set. "
            f"Start the engine by systemd with LoadCredential={name}:<file>, or name another place."
        )
    # systemd shows the service's own right to read as the group's, so the mode says nothing here.
    return _of_file(Path(folder) / name, f"credential {name}", private=False)


def _of_file(path: Path, words: str, *, private: bool) -> str:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode  # of the file that is read, whatever its name means by now
            if private and mode & _OTHERS_MAY_READ:
                raise ConfigError(
                    f"{words} can be read by others, mode {stat.S_IMODE(mode):04o}. "
                    f"Make it private: chmod 600 {path}"
                )
            content = file.read(SECRET_BYTES_MAX + 1)
    except OSError as error:
        raise ConfigError(f"{words} cannot be read: {error.strerror}. Correct the path or its rights.") from error
    if len(content) > SECRET_BYTES_MAX:
        raise ConfigError(f"{words} is longer than {SECRET_BYTES_MAX} bytes; no secret is. Correct the path.")
    try:
        return _not_empty(content.decode(), words)
    except UnicodeDecodeError:
        raise ConfigError(
            f"{words} is not UTF-8 text. Save it as text."
        ) from None  # the cause would show bytes of it


def _not_empty(text: str, words: str) -> str:
    secret = text.strip()
    if not secret:
        raise ConfigError(f"{words} is empty. Put the secret there.")
    return secret
