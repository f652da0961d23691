"""Read settings from the environment, and report all faults at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from bot.errors import ConfigurationError
from bot.settings import Settings, unknown_names

SOCKET = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}
OAUTH = {"SLACK_CLIENT_ID": "1.2", "SLACK_CLIENT_SECRET": "s", "ZIMERR_ENCRYPTION_KEYS": Fernet.generate_key().decode()}
HTTP = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s", "PORT": "4603"}


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def faults(monkeypatch: pytest.MonkeyPatch, **variables: str) -> list[str]:
    """Load settings from *variables*, and return the faults."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as caught:
        Settings.load()
    return list(caught.value.faults)


@pytest.mark.parametrize(("variables", "transport"), [(SOCKET, "socket"), (HTTP, "http"), (SOCKET | HTTP, "socket")])
def test_the_environment_chooses_the_transport(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], transport: str
) -> None:
    """An admin sets two or three variables, and the bot connects."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert Settings.load().transport == transport


def test_a_dotenv_file_is_read(tmp_path: Path) -> None:
    """People keep their tokens in .env while they try the bot."""
    (tmp_path / ".env").write_text("SLACK_BOT_TOKEN=xoxb-1\nSLACK_SIGNING_SECRET=s\n# a comment\nOTHER=1\n")
    assert Settings.load().transport == "http"


def test_an_empty_environment_names_both_ways_to_connect(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first start ends with instructions, not with a traceback."""
    first, second = faults(monkeypatch)
    assert first.startswith("SLACK_BOT_TOKEN is missing; copy")
    assert "SLACK_APP_TOKEN" in second
    assert "SLACK_SIGNING_SECRET" in second


def test_every_fault_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody should have to restart the bot once per fault."""
    found = faults(
        monkeypatch,
        SLACK_BOT_TOKEN="xoxp-1",
        SLACK_APP_TOKEN="xoxb-1",
        SLACK_API_URL="https://slack.com.evil.example/api/",
        PORT="99999",
        DATABASE_URL="mysql://x",
        ZIMERR_LANGUAGE="fr",
        ZIMERR_OVERLAY="nowhere",
        ZIMERR_MAX_FILE_MB="0",
        ZIMERR_ESCALATE="@oncall",
        ZIMERR_ADMINS="U0ANN,@ben",
    )
    names = [
        "SLACK_BOT_TOKEN",
        "SLACK_APP_TOKEN",
        "SLACK_API_URL",
        "PORT",
        "DATABASE_URL",
        "ZIMERR_LANGUAGE",
        "ZIMERR_OVERLAY",
        "ZIMERR_MAX_FILE_MB",
        "ZIMERR_ESCALATE",
        "ZIMERR_ADMINS",
    ]
    assert [fault.split()[0] for fault in found] == names
    assert "a user token" in found[0]
    assert "has '@ben', which is no id; list ids of people (U…)" in found[-1]


@pytest.mark.parametrize(
    ("given", "admins", "scopes"),
    [
        ("", (), ()),
        (" ", (), ()),
        ("U0ANN", ("U0ANN",), ()),
        ("U0ANN, W0BEN ,S0ADMINS", ("U0ANN", "W0BEN", "S0ADMINS"), ("usergroups:read",)),
    ],
)
def test_only_a_user_group_among_the_admins_needs_another_scope(
    monkeypatch: pytest.MonkeyPatch, given: str, admins: tuple[str, ...], scopes: tuple[str, ...]
) -> None:
    """The manifests ask for no scope that most installations do not need."""
    monkeypatch.setenv("ZIMERR_ADMINS", given)
    settings = Settings(_env_file=None, slack_bot_token="xoxb-1", slack_signing_secret="s")
    assert (settings.admins, settings.more_scopes) == (admins, scopes)


@pytest.mark.parametrize(
    "url", ["http://slack.com/api/", "https://example.com/", "http://10.0.0.1/", "ftp://127.0.0.1/"]
)
def test_the_token_goes_to_slack_or_stays_on_this_machine(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """A mistyped URL must not send the workspace's token to a stranger."""
    (fault,) = faults(monkeypatch, **SOCKET, SLACK_API_URL=url)
    assert "sends its token there" in fault


@pytest.mark.parametrize(
    "url", ["https://slack.com/api/", "https://slack-gov.com/api", "http://127.0.0.1:1/api", "http://[::1]:1/api/"]
)
def test_slack_and_this_machine_are_allowed(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """GovSlack and a test double of Slack are legitimate."""
    for name, value in (SOCKET | {"SLACK_API_URL": url}).items():
        monkeypatch.setenv(name, value)
    assert Settings.load().slack_api_url.endswith("/")


@pytest.mark.parametrize(
    ("variables", "is_for_many"),
    [
        (OAUTH | {"SLACK_SIGNING_SECRET": "s"}, True),
        (OAUTH | {"SLACK_APP_TOKEN": "xapp-1"}, True),
        # An admin who copies all values of the page Basic Information still has one workspace.
        (HTTP | {"SLACK_CLIENT_ID": "1.2", "SLACK_CLIENT_SECRET": "s"}, False),
    ],
)
def test_a_client_id_instead_of_a_token_is_for_many_workspaces(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], *, is_for_many: bool
) -> None:
    """With a token, the bot serves one workspace."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert Settings.load().is_for_many is is_for_many


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        (
            {"SLACK_CLIENT_ID": "1.2"},
            ["SLACK_CLIENT_SECRET is missing", "ZIMERR_ENCRYPTION_KEYS is missing", "SLACK_SIGNING_SECRET is missing"],
        ),
        ({**OAUTH, "SLACK_CLIENT_ID": "", "SLACK_APP_TOKEN": "xapp-1"}, ["SLACK_BOT_TOKEN is missing"]),
        (
            OAUTH | {"SLACK_APP_TOKEN": "xapp-1", "ZIMERR_ENCRYPTION_KEYS": f"{OAUTH['ZIMERR_ENCRYPTION_KEYS']},short"},
            ["ZIMERR_ENCRYPTION_KEYS has an invalid key at position 2"],
        ),
        (
            OAUTH | {"SLACK_APP_TOKEN": "xapp-1", "ZIMERR_ENCRYPTION_KEYS": ","},
            ["ZIMERR_ENCRYPTION_KEYS has an invalid key at position 1"],
        ),
        (OAUTH | SOCKET, ["ZIMERR_ENCRYPTION_KEYS is not used with SLACK_BOT_TOKEN"]),
    ],
)
def test_every_missing_variable_for_many_workspaces_is_named(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], named: list[str]
) -> None:
    """Four variables are needed together."""
    found = faults(monkeypatch, **variables)
    assert len(found) == len(named), found
    assert all(fault.startswith(name) for fault, name in zip(found, named, strict=True)), found


def test_a_secret_never_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings and faults are logged."""
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-very-secret")
    monkeypatch.setenv("SLACK_SIGNING_SECRET", "very-secret")
    assert "very-secret" not in repr(Settings.load())
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxp-very-secret")
    with pytest.raises(ConfigurationError) as caught:
        Settings.load()
    assert "very-secret" not in f"{caught.value} {caught.value.__cause__}"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("ZIMERR_LANGUGE", "ZIMERR_LANGUAGE"),
        ("zimerr_lang", "ZIMERR_LANGUAGE"),
        ("ZIMERR_ADMIN", "ZIMERR_ADMINS"),
        ("ZIMERR_LOGLEVEL", "ZIMERR_LOG_LEVEL"),
        ("ZIMER_MAX_FILES", "ZIMERR_MAX_FILES"),
        ("ZIMMERR_ESCALATE", "ZIMERR_ESCALATE"),
        ("ZIMERR_DATABASE_URL", "DATABASE_URL"),
    ],
)
def test_a_misspelt_setting_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, meant: str
) -> None:
    """Without ZIMERR_ADMINS, for one, everybody may change everything, and nobody would notice."""
    fault = f"{name} is not a setting; did you mean {meant}?"
    assert faults(monkeypatch, **SOCKET, **{name: "x"}) == [fault]
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxp-1")
    assert len(faults(monkeypatch)) == 2  # all faults at once
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    monkeypatch.setenv(name, "")
    assert Settings.load()
    (tmp_path / ".env").write_text(f"{name}=x\n")
    monkeypatch.delenv(name)
    assert faults(monkeypatch) == [fault]


def test_variables_of_others_do_not_stop_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kubernetes sets variables with the name of a Service; similar programs have variables, too."""
    ours = {
        "ZIMERR_SERVICE_HOST": "10.0.0.1",
        "ZIMERR_SERVICE_PORT": "80",
        "ZIMERR_SERVICE_PORT_HTTP": "80",
        "ZIMERR_PORT": "tcp://10.0.0.1:80",
        "ZIMERR_PORT_80_TCP": "tcp://10.0.0.1:80",
        "ZIMERR_PORT_80_TCP_PROTO": "tcp",
        "ZIMERR_PORT_80_TCP_PORT": "80",
        "ZIMERR_PORT_80_TCP_ADDR": "10.0.0.1",
    }
    for name, value in (SOCKET | ours | {"TIMER_LANGUAGE": "x", "ZIM_LOG_LEVEL": "x", "LANGUAGE": "en"}).items():
        monkeypatch.setenv(name, value)
    assert Settings.load()
    assert unknown_names() == dict.fromkeys(ours)


@pytest.mark.parametrize("secret", ["ge@heim", "ge:heim@x:y"])
def test_a_special_character_in_a_password_of_the_database_is_reported(
    monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    """The part behind it would be taken for the host, and shown."""
    (fault,) = faults(monkeypatch, **SOCKET, DATABASE_URL=f"postgresql://zimerr:{secret}@db.example/zimerr")
    assert fault.startswith("DATABASE_URL can't be read; in the user and password, write @ as %40")
    assert "heim" not in fault


def test_a_token_in_quotation_marks_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """`docker run --env-file` does not remove them."""
    (fault,) = faults(monkeypatch, **SOCKET | {"SLACK_BOT_TOKEN": '"xoxb-1"'})
    assert 'must start with xoxb- but is in quotation marks ("…")' in fault


def test_another_encoding_of_dotenv_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Windows PowerShell writes UTF-16."""
    (tmp_path / ".env").write_text("SLACK_BOT_TOKEN=xoxb-1", encoding="utf-16")
    assert faults(monkeypatch) == [".env is not UTF-8; save it in that encoding"]
    assert unknown_names() == {}


@pytest.mark.parametrize(
    ("name", "value", "extra"),
    [
        ("SENTRY_DSN", "https://key@sentry.example/1", "sentry"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318", "otel"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://localhost:4318/v1/traces", "otel"),
    ],
)
def test_a_setting_without_its_extra_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, extra: str
) -> None:
    """An operator who waits for reports must learn that none will come."""
    monkeypatch.setattr("bot.settings.find_spec", lambda package: None)
    (fault,) = faults(monkeypatch, **SOCKET, **{name: value})
    assert fault == f"{name} needs the extra {extra}; run pip install 'zimerr[{extra}]', or remove the setting"
    monkeypatch.undo()


def test_traces_go_to_the_path_of_the_standard(monkeypatch: pytest.MonkeyPatch) -> None:
    """The base URL gets a path; the URL for traces is taken as it is."""
    for name, value in (SOCKET | {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318/"}).items():
        monkeypatch.setenv(name, value)
    assert Settings.load().traces_endpoint == "http://collector:4318/v1/traces"
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://collector:4318/other")
    assert Settings.load().traces_endpoint == "http://collector:4318/other"


def test_the_health_port_is_not_the_public_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Metrics are not for everybody."""
    (fault,) = faults(monkeypatch, **HTTP, HEALTH_PORT=HTTP["PORT"])
    assert fault == "HEALTH_PORT must differ from PORT, which is public: metrics are not"
