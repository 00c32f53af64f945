"""The instance's configuration: environment variables in, one frozen value out.

A wrong value stops the start with one line that names the variable, what it got and what it accepts.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from salespilots.domain.errors import SalesPilotsError

PREFIX = "SALESPILOTS_"


class ConfigError(SalesPilotsError):
    """The environment holds a value that cannot be used."""

    code = "configuration"


def _port(address: str) -> None:
    try:
        urlsplit(address).port  # noqa: B018 - reading it is the check
    except ValueError as error:
        raise ValidationError("The port is a number up to 65535.") from error


class _Environment(Schema):
    """What each variable accepts. ``metadata['accepts']`` is shown when it gets something else."""

    class Meta:
        unknown = EXCLUDE

    home = fields.Str(load_default="./var")
    database_url = fields.Str(
        load_default=None,
        validate=validate.Regexp(r"^(sqlite:///.+|memory://|postgres(ql)?(\+psycopg)?://.+)"),
        metadata={"accepts": "sqlite:///path or postgresql+psycopg://user:password@host/name"},
    )
    queue_url = fields.Str(
        load_default=None,
        validate=validate.Regexp(r"^(sqlite:///|rediss?://|postgres(ql)?(\+psycopg)?://).+"),
        metadata={"accepts": "redis://host, postgresql://host/name or sqlite:///path"},
    )
    base_url = fields.Str(
        load_default=None,
        validate=[validate.Regexp(r"^https?://[^/\s]+$"), _port],
        metadata={"accepts": "scheme and host such as https://shop.example, with no path"},
    )
    secret_keys = fields.Str(load_default=None)
    env = fields.Str(
        load_default="development",
        validate=validate.OneOf(["development", "production"]),
        metadata={"accepts": "development or production"},
    )
    mail_url = fields.Str(
        load_default=None,
        validate=[validate.Regexp(r"^smtps?://[^\s]+$"), _port],
        metadata={"accepts": "smtp://user:password@host:port"},
    )
    signup = fields.Str(
        load_default="open",
        validate=validate.OneOf(["open", "invite", "closed"]),
        metadata={"accepts": "open, invite or closed"},
    )
    trusted_proxies = fields.Int(
        load_default=0, validate=validate.Range(0, 5), metadata={"accepts": "a number of hops, 0 to 5"}
    )
    metrics_token = fields.Str(load_default=None)
    allow_private_urls = fields.Bool(load_default=False, metadata={"accepts": "0 or 1"})
    log = fields.Str(
        load_default="info",
        validate=validate.OneOf(["debug", "info", "warning", "error"]),
        metadata={"accepts": "debug, info, warning or error"},
    )
    log_format = fields.Str(
        load_default="text", validate=validate.OneOf(["text", "json"]), metadata={"accepts": "text or json"}
    )
    disabled_plugins = fields.Str(load_default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything the composition root needs. ``environ`` is kept for the plugins' own instance settings."""

    home: Path
    database_url: str = field(repr=False)
    queue_url: str = field(repr=False)
    base_url: str
    secret_keys: tuple[str, ...] = field(repr=False)
    env: str = "development"
    mail_url: str | None = field(default=None, repr=False)
    signup: str = "open"
    trusted_proxies: int = 0
    metrics_token: str | None = field(default=None, repr=False)
    allow_private_urls: bool = False
    log: str = "info"
    log_format: str = "text"
    disabled_plugins: frozenset[str] = frozenset()
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def production(self) -> bool:
        """Whether weak settings are refused."""
        return self.env == "production"

    @property
    def secure(self) -> bool:
        """Whether the public address is https."""
        return self.base_url.startswith("https://")


def load_config(
    environ: Mapping[str, str] | None = None, *, host: str = "127.0.0.1", port: int = 8000, create_home: bool = True
) -> Config:
    """Read and check the environment; makes the data folder and the key file when they are missing."""
    environ = dict(os.environ if environ is None else environ)
    given = {
        name: environ[PREFIX + name.upper()]
        for name in _Environment().fields
        if environ.get(PREFIX + name.upper(), "").strip()
    }
    try:
        values: dict[str, Any] = _Environment().load(given)
    except ValidationError as error:
        name = sorted(error.normalized_messages())[0]
        accepts = _Environment().fields[name].metadata.get("accepts", "text")
        secret = name in ("database_url", "queue_url", "mail_url")
        got = "a value that does not fit" if secret else repr(given[name])
        raise ConfigError(f"{PREFIX}{name.upper()}: got {got}, accepts {accepts}.") from None
    home = Path(values["home"]).absolute()
    if create_home:
        try:
            home.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise ConfigError(f"{PREFIX}HOME: {home} cannot be made ({error.strerror}).") from None
    database_url = values["database_url"] or f"sqlite:///{home / 'salespilots.db'}"
    queue_url = values["queue_url"] or (
        database_url if database_url.startswith("postgres") else f"sqlite:///{home / 'queue.db'}"
    )
    shown_host = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104
    config = Config(
        home=home,
        database_url=database_url,
        queue_url=queue_url,
        base_url=values["base_url"] or f"http://{shown_host}:{port}",
        secret_keys=_secret_keys(values["secret_keys"], home, create=create_home),
        env=values["env"],
        mail_url=values["mail_url"],
        signup=values["signup"],
        trusted_proxies=values["trusted_proxies"],
        metrics_token=values["metrics_token"],
        allow_private_urls=values["allow_private_urls"],
        log=values["log"],
        log_format=values["log_format"],
        disabled_plugins=frozenset(filter(None, (one.strip() for one in values["disabled_plugins"].split(",")))),
        environ=environ,
    )
    if config.production:
        _refuse_weak(config, given)
    return config


def _refuse_weak(config: Config, given: Mapping[str, str]) -> None:
    """Production starts only with settings fit for the internet."""
    if "base_url" not in given or not config.secure:
        raise ConfigError(f"{PREFIX}BASE_URL: production needs the public https address, got {config.base_url!r}.")
    if config.metrics_token is not None and len(config.metrics_token) < 16:
        raise ConfigError(f"{PREFIX}METRICS_TOKEN: production needs at least 16 characters.")
    if given_crashes := os.environ.get("SALESPILOTS_CRASH_DIR"):
        raise ConfigError(f"{PREFIX}CRASH_DIR: kills processes, for tests only; unset it (got {given_crashes!r}).")
    if os.environ.get("FLASK_DEBUG", "0") not in ("", "0", "false"):
        raise ConfigError("FLASK_DEBUG: debug mode is not for production, unset it.")
    mode = config.home.stat().st_mode
    if mode & 0o007:
        raise ConfigError(f"{PREFIX}HOME: {config.home} can be read by everybody, run chmod o-rwx on it.")


def _secret_keys(given: str | None, home: Path, *, create: bool) -> tuple[str, ...]:
    """Encryption keys, newest first: from the environment or the key file (mode 0600)."""
    if given:
        keys = tuple(one.strip() for one in given.split(",") if one.strip())
        for key in keys:
            try:
                Fernet(key)
            except ValueError:
                raise ConfigError(
                    f"{PREFIX}SECRET_KEYS: got a key of {len(key)} characters, accepts 32 random bytes in url-safe "
                    "base64 (44 characters), comma separated, newest first."
                ) from None
        if keys:
            return keys
    path = home / "secret.key"
    if not path.exists():
        if not create:
            return (Fernet.generate_key().decode(),)
        temporary = home / f".secret.{secrets.token_hex(4)}"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(Fernet.generate_key().decode() + "\n")
        try:
            os.link(temporary, path)  # the first of two starting processes wins
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
    keys = tuple(line.strip() for line in path.read_text().splitlines() if line.strip())
    for key in keys:
        try:
            Fernet(key)
        except ValueError:
            raise ConfigError(f"{path}: holds a damaged key; restore it from your backup.") from None
    if not keys:
        raise ConfigError(f"{path}: is empty; restore it from your backup.")
    return keys
