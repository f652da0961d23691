"""Read the bot's settings from the environment and `.env`, and report all faults at once."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self
from urllib.parse import urlsplit

from dotenv import dotenv_values
from platformdirs import user_data_path
from pydantic import AfterValidator, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import ConfigurationError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_DEFAULT_DATABASE = f"sqlite:///{user_data_path('zimerr') / 'zimerr.db'}"
# The scheme of a database URL that names its driver, for each scheme that does not.
_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
}
_TOKEN_KINDS = {
    "xoxp-": "a user token (xoxp-)",
    "xapp-": "an app-level token (xapp-)",
    "xoxb-": "a bot token (xoxb-)",
    "xoxe": "a refresh token (xoxe)",
}
_ENV_FILE, _ENCODING = ".env", "utf-8"
_PREFIX = "ZIMERR"  # of the names of settings that are only ours
_PERSON_OR_GROUP = re.compile(r"[UWS][A-Z0-9]{2,20}")  # Slack's ids
_MAKE_A_KEY = (
    "make a key with python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'"
)


def _with_driver(url: str) -> str:
    """Name the driver in a database URL."""
    scheme, separator, rest = url.partition("://")
    scheme = _DRIVERS.get(scheme, scheme)
    if separator and scheme in _DRIVERS.values() and (rest.startswith("/") or "sqlite" not in scheme):
        if "sqlite" not in scheme and not _is_clear(f"{scheme}://{rest}"):
            raise ValueError("can't be read; in the user and password, write @ as %40, : as %3A and / as %2F")
        return f"{scheme}://{rest}"
    raise ValueError("must start with sqlite:///, such as sqlite:////var/lib/zimerr/zimerr.db, or postgresql://")


def _is_clear(url: str) -> bool:
    """Return whether SQLAlchemy finds the host of a PostgreSQL URL behind the user and password."""
    from sqlalchemy.engine import make_url  # not at the top: `zimerr scan` does without it
    from sqlalchemy.exc import ArgumentError

    try:
        return "@" not in (make_url(url).host or "")
    except (ValueError, ArgumentError):  # their messages contain parts of the password
        return False


def _fernet_keys(keys: SecretStr) -> SecretStr:
    """Check that all *keys* are Fernet keys."""
    if not keys:
        return keys
    from cryptography.fernet import Fernet  # needs 7 MB, and only many workspaces have keys

    for number, key in enumerate(split_keys(keys), 1):
        try:
            Fernet(key)
        except ValueError as error:
            raise ValueError(f"has an invalid key at position {number}; {_MAKE_A_KEY}") from error
    return keys


def split_keys(keys: SecretStr) -> list[str]:
    """Split comma-separated keys; the first one encrypts, all of them decrypt."""
    given = keys.get_secret_value()
    return [key.strip() for key in given.split(",")] if given else []


_DatabaseUrl = Annotated[str, AfterValidator(_with_driver)]
_EncryptionKeys = Annotated[SecretStr, AfterValidator(_fernet_keys)]


class _FromEnvironment(BaseSettings):
    """Settings in the environment or in `.env`."""

    model_config = SettingsConfigDict(
        env_file=_ENV_FILE,
        env_file_encoding=_ENCODING,
        env_ignore_empty=True,
        extra="ignore",
        hide_input_in_errors=True,  # a traceback must not contain a token
    )

    @classmethod
    def load(cls) -> Self:
        """Read the settings. Raises ConfigurationError with every fault."""
        try:
            return cls()
        except ValidationError as error:
            raise ConfigurationError(*map(_fault, error.errors(include_input=False))) from error
        except UnicodeDecodeError as error:
            raise ConfigurationError(f"{_ENV_FILE} is not UTF-8; save it in that encoding") from error


def _fault(error: ErrorDetails) -> str:
    """Describe a pydantic error by the environment variable and how to fix it."""
    name = ".".join(str(part) for part in error["loc"]).upper()
    return f"{name} {error['msg'].removeprefix('Value error, ').replace('Input should be', 'must be')}"


@dataclass(frozen=True, slots=True)
class Retention:
    """The days for which the bot keeps what it stores: of messages and changes, and of incidents."""

    days: int = 30
    incident_days: int = 365


class DatabaseSettings(_FromEnvironment):
    """The settings of commands that only need the database."""

    database_url: _DatabaseUrl = _DEFAULT_DATABASE


class StoredTokens(DatabaseSettings):
    """The settings of commands that only need the stored tokens."""

    slack_client_id: str = Field(min_length=1)
    zimerr_encryption_keys: _EncryptionKeys = Field(min_length=1)


class Settings(_FromEnvironment):
    """All settings. A field is named like its environment variable, in lower case."""

    slack_client_id: str = ""  # to install the app by OAuth in any number of workspaces
    slack_bot_token: SecretStr = SecretStr("")  # for one workspace
    slack_client_secret: SecretStr = SecretStr("")
    zimerr_encryption_keys: _EncryptionKeys = SecretStr("")
    slack_app_token: SecretStr = SecretStr("")
    slack_signing_secret: SecretStr = SecretStr("")
    slack_api_url: str = "https://slack.com/api/"
    host: str = "0.0.0.0"  # noqa: S104 - a web server, in a container or behind a load balancer
    # None: 3000. In Socket Mode, only the installation by OAuth needs it.
    port: int | None = Field(default=None, ge=1, le=65535)
    health_port: int | None = Field(default=None, ge=1, le=65535)  # of /healthz, /readyz and /metrics; None: no port
    database_url: _DatabaseUrl = _DEFAULT_DATABASE
    zimerr_language: Literal["en", "zh"] = "en"
    zimerr_overlay: Path | None = None
    zimerr_retry_pause_s: float = Field(default=1.0, gt=0)  # before the second attempt; doubles each time
    zimerr_max_file_mb: int = Field(default=100, ge=1, le=1000)  # of one attached file
    zimerr_max_unpacked_mb: int = Field(default=300, ge=1)  # of all files of a triage together
    zimerr_max_files: int = Field(default=10, ge=1)
    zimerr_max_seconds: float = Field(default=20.0, gt=0, le=30)  # to read a log; the rest is not read
    zimerr_escalate: str = ""
    zimerr_remind_minutes: float = Field(default=30.0, ge=0)  # until a silent owner is reminded; 0: never
    zimerr_admins: str = ""  # comma-separated
    zimerr_notes: str = ""  # comma-separated
    zimerr_keep_days: int = Field(default=30, ge=1)  # what is stored of messages, lookups and changes
    zimerr_keep_incident_days: int = Field(default=365, ge=1)  # what helped then may help again
    zimerr_log_level: Literal["debug", "info", "warning", "error"] = "info"
    sentry_dsn: SecretStr = SecretStr("")
    # The names of OpenTelemetry, which has more variables; their values are read from the environment only.
    otel_exporter_otlp_endpoint: str = ""
    otel_exporter_otlp_traces_endpoint: str = ""
    zimerr_log_format: Literal["text", "json"] | None = None  # None: text on a terminal, JSON elsewhere

    @classmethod
    def load(cls) -> Self:
        """Read the settings. Raises ConfigurationError with every fault, misspelt names included."""
        misspelt = [
            f"{name} is not a setting; did you mean {meant}?" for name, meant in unknown_names().items() if meant
        ]
        try:
            settings = super().load()
        except ConfigurationError as error:
            raise ConfigurationError(*error.faults, *misspelt) from error
        if misspelt:
            raise ConfigurationError(*misspelt)
        return settings

    @property
    def transport(self) -> Literal["socket", "http"]:
        """Return ``socket`` if there is an app-level token, else ``http``."""
        return "socket" if self.slack_app_token else "http"

    @property
    def is_for_many(self) -> bool:
        """Return whether the app is installed by OAuth, and not only in the workspace of SLACK_BOT_TOKEN."""
        return bool(self.slack_client_id) and not self.slack_bot_token

    @property
    def traces_endpoint(self) -> str:
        """Return the URL to send traces to, empty for none.

        https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp
        """
        base = self.otel_exporter_otlp_endpoint.rstrip("/")
        return self.otel_exporter_otlp_traces_endpoint or (f"{base}/v1/traces" if base else "")

    @property
    def retention(self) -> Retention:
        """Return for how long data is kept."""
        return Retention(self.zimerr_keep_days, self.zimerr_keep_incident_days)

    @property
    def admins(self) -> tuple[str, ...]:
        """Return the ids of the people and user groups that may change something for everybody; none: all members."""
        return _split(self.zimerr_admins)

    @property
    def note_editors(self) -> tuple[str, ...]:
        """Return the ids of the people and user groups that may change the workspace's notes; none: all members."""
        return _split(self.zimerr_notes)

    @property
    def more_scopes(self) -> tuple[str, ...]:
        """Return the scopes that the settings need beside those of the manifests."""
        return ("usergroups:read",) if any(each.startswith("S") for each in (*self.admins, *self.note_editors)) else ()

    @field_validator("slack_bot_token", "slack_app_token")
    @classmethod
    def _kind_of_token(cls, token: SecretStr, info: ValidationInfo) -> SecretStr:
        value, prefix = token.get_secret_value(), "xapp-" if info.field_name == "slack_app_token" else "xoxb-"
        if value and not value.startswith(prefix):
            kinds = _TOKEN_KINDS | {quote: f"in quotation marks ({quote}…{quote})" for quote in "\"'"}
            kind = next((kind for start, kind in kinds.items() if value.startswith(start)), "something else")
            raise ValueError(f"must start with {prefix} but is {kind}; copy the right one from the app's page")
        return token

    @field_validator("slack_bot_token")
    @classmethod
    def _bot_token(cls, token: SecretStr, info: ValidationInfo) -> SecretStr:
        if not token and not info.data.get("slack_client_id"):
            raise ValueError(
                "is missing; copy the Bot User OAuth Token (xoxb-…) from the app's page OAuth & Permissions"
                " (or, for many workspaces, set SLACK_CLIENT_ID)"
            )
        return token

    @field_validator("slack_client_secret", "zimerr_encryption_keys")
    @classmethod
    def _for_many(cls, secret: SecretStr, info: ValidationInfo) -> SecretStr:
        # A malformed bot token is missing from info.data. It was meant for one workspace.
        is_for_many = info.data.get("slack_client_id") and info.data.get("slack_bot_token") == SecretStr("")
        is_keys = info.field_name == "zimerr_encryption_keys"
        if is_for_many and not secret:
            advice = _MAKE_A_KEY if is_keys else "copy it, as SLACK_CLIENT_ID, from the app's page Basic Information"
            raise ValueError(f"is missing; {advice}")
        if is_keys and secret and info.data.get("slack_bot_token"):
            raise ValueError("is not used with SLACK_BOT_TOKEN; to serve many workspaces, remove SLACK_BOT_TOKEN")
        return secret

    @field_validator("slack_signing_secret")
    @classmethod
    def _signing_secret(cls, secret: SecretStr, info: ValidationInfo) -> SecretStr:
        # A malformed app-level token is missing from info.data: it has a fault of its own.
        if not secret and "slack_app_token" in info.data and not info.data["slack_app_token"]:
            raise ValueError(
                "is missing, and so is SLACK_APP_TOKEN; set SLACK_APP_TOKEN (xapp-…, from Basic Information)"
                " to connect by Socket Mode, or SLACK_SIGNING_SECRET (from Basic Information) by HTTP"
            )
        return secret

    @field_validator("health_port")
    @classmethod
    def _own_port(cls, port: int | None, info: ValidationInfo) -> int | None:
        if port is not None and port == info.data.get("port"):
            raise ValueError("must differ from PORT, which is public: metrics are not")
        return port

    @field_validator("slack_api_url")
    @classmethod
    def _api_url(cls, url: str) -> str:
        # The bot sends its token to this URL: Slack's, or that of a test double on this machine.
        parts = urlsplit(url)
        if not is_slack(url) and not (parts.scheme in ("http", "https") and _is_loopback(parts.hostname or "")):
            raise ValueError("must be https://slack.com/api/ or a URL of this machine: the bot sends its token there")
        return url if url.endswith("/") else f"{url}/"

    @field_validator("sentry_dsn", "otel_exporter_otlp_endpoint", "otel_exporter_otlp_traces_endpoint")
    @classmethod
    def _extra(cls, value: SecretStr | str, info: ValidationInfo) -> SecretStr | str:
        extra, package = ("sentry", "sentry_sdk") if info.field_name == "sentry_dsn" else ("otel", "opentelemetry.sdk")
        if value and value != SecretStr("") and not _is_installed(package):
            raise ValueError(f"needs the extra {extra}; run pip install 'zimerr[{extra}]', or remove the setting")
        return value

    @field_validator("zimerr_escalate")
    @classmethod
    def _escalation_target(cls, target: str) -> str:
        if target and not _PERSON_OR_GROUP.fullmatch(target):
            raise ValueError("must be the id of a person (U…) or of a user group (S…), as shown in their Slack profile")
        return target

    @field_validator("zimerr_admins", "zimerr_notes")
    @classmethod
    def _admin_ids(cls, ids: str) -> str:
        for each in ids.split(",") if ids.strip() else ():
            if not _PERSON_OR_GROUP.fullmatch(each.strip()):
                raise ValueError(
                    f"has {each.strip()!r}, which is no id; list ids of people (U…) and user groups (S…), as shown in"
                    " their Slack profiles, with commas in between"
                )
        return ids

    @field_validator("zimerr_overlay")
    @classmethod
    def _overlay(cls, path: Path | None) -> Path | None:
        if path is not None and not path.is_dir():
            raise ValueError(f"{path} is not a folder; name the folder of your section files")
        return path


def _split(ids: str) -> tuple[str, ...]:
    return tuple(filter(None, map(str.strip, ids.split(","))))


def unknown_names() -> dict[str, str | None]:
    """Return the variables named ZIMERR_… that are no settings, each with the setting that it misspells, or None.

    They are read from the environment and `.env`. A misspelt prefix counts, too. Kubernetes sets variables such as
    ZIMERR_SERVICE_HOST in every container beside a Service named zimerr, so an unknown name alone is no fault.
    https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
    """
    names = [name.upper() for name in Settings.model_fields]
    by_stem = {name.removeprefix(f"{_PREFIX}_"): name for name in names if name not in ("HOST", "PORT", "HEALTH_PORT")}
    unknown: dict[str, str | None] = {}
    try:
        in_file = dotenv_values(_ENV_FILE, encoding=_ENCODING)
    except UnicodeDecodeError:  # which `Settings.load` reports
        in_file = {}
    for name, value in {**in_file, **os.environ}.items():
        prefix, _, stem = name.upper().partition("_")
        if value and name.upper() not in names and SequenceMatcher(None, prefix, _PREFIX).ratio() > 0.8:
            similar = get_close_matches(stem, by_stem, n=1, cutoff=0.65)
            if similar or prefix == _PREFIX:
                unknown[name] = by_stem[similar[0]] if similar else None
    return unknown


def is_slack(url: str) -> bool:
    """Return whether *url* is one of Slack's hosts over https, so that the token may be sent there."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    host = f".{parts.hostname or ''}"
    # HTTP clients may take a host with other characters for another one.
    is_plain = re.fullmatch(r"[a-z0-9.-]+", host) is not None
    return parts.scheme == "https" and is_plain and host.endswith((".slack.com", ".slack-gov.com"))


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:  # nor the package that would contain it
        return False


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
