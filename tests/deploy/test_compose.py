"""Test deploy/compose.yaml against the schema of compose files, the Dockerfile and the settings."""

from __future__ import annotations

import json
import re
from importlib import resources
from typing import Any

import click
import jsonschema
import pytest
import yaml

from bot.cli.main import commands
from bot.server import DEFAULT_PORT
from bot.settings import Settings
from tests.deploy import dockerfile
from tests.deploy.dependencies import DEPLOY, ROOT, project

COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
BOTS = ("zimerr", "migrate", "zimerr-http")
FINAL = dockerfile.stages()[-1]


def test_it_is_valid_by_the_schema() -> None:
    """Docker Compose refuses the whole file for one misspelt key."""
    schema = resources.files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    jsonschema.validate(COMPOSE, json.loads(schema.read_text(encoding="utf-8")))
    misspelt = COMPOSE | {"services": SERVICES | {"zimerr": SERVICES["zimerr"] | {"read-only": True}}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(misspelt, json.loads(schema.read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_confined(name: str) -> None:
    """An intruder finds no capability, no way to more rights and no file to change."""
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "proxy" else [])


@pytest.mark.parametrize("name", SERVICES)
def test_every_image_is_pinned(name: str) -> None:
    """A restart must not bring another version."""
    image = SERVICES[name]["image"]
    if name in BOTS:
        assert image == f"zimerr:{project()['project']['version']}"
        assert (DEPLOY / SERVICES[name]["build"]["context"]).resolve() == ROOT
        assert (ROOT / SERVICES[name]["build"]["dockerfile"]).is_file()
    else:
        assert re.fullmatch(r"\w+:\d+(\.\d+)+-\w+", image)


@pytest.mark.parametrize("name", SERVICES)
def test_secrets_come_from_ignored_files(name: str) -> None:
    """The repository, the image and the compose file contain none."""
    service = SERVICES[name]
    secret = re.compile("TOKEN|SECRET|PASSWORD|KEYS")
    assert not [key for key, value in service.get("environment", {}).items() if secret.search(key) and value]
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {".env", "deploy/*.env"} <= set(ignored)
    assert set(service.get("env_file", ())) <= {"../.env", "postgres.env"}


@pytest.mark.parametrize("name", BOTS)
def test_variables_of_the_bots_are_settings(name: str) -> None:
    """A misspelt one would be ignored in silence."""
    assert {each.lower() for each in SERVICES[name].get("environment", {})} <= set(Settings.model_fields)


def test_the_default_is_one_bot_with_sqlite() -> None:
    """`docker compose up` starts no database server; its data outlives the container."""
    assert [name for name, service in SERVICES.items() if "profiles" not in service] == ["zimerr"]
    bot = SERVICES["zimerr"]
    (volume,) = [each.argument for each in FINAL if each.name == "VOLUME"]
    assert bot["volumes"] == [f"data:{volume}"]
    assert bot["environment"]["DATABASE_URL"] == dockerfile.variables(FINAL)["DATABASE_URL"]
    assert "depends_on" not in bot
    assert "ports" not in bot


def test_two_replicas_over_http_start_after_the_migration() -> None:
    """A replica refuses to start on an older schema."""
    bot = SERVICES["zimerr-http"]
    assert bot["deploy"]["replicas"] == 2
    assert bot["environment"]["SLACK_APP_TOKEN"] == ""
    assert bot["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert SERVICES["migrate"]["depends_on"]["postgres"] == {"condition": "service_healthy"}
    group, command = SERVICES["migrate"]["command"]
    subcommands = commands.commands[group]
    assert isinstance(subcommands, click.Group)
    assert command in subcommands.list_commands(click.Context(subcommands))
    assert SERVICES["proxy"]["depends_on"]["zimerr-http"] == {"condition": "service_healthy"}
    assert "database" not in SERVICES["proxy"].get("networks", ["default"])
    assert COMPOSE["networks"]["database"] == {"internal": True}


def test_every_running_service_has_a_health_check() -> None:
    """The bots have that of the image."""
    assert [each for each in FINAL if each.name == "HEALTHCHECK"]
    assert {name for name, service in SERVICES.items() if "test" in service.get("healthcheck", {})} == {
        "proxy",
        "postgres",
    }
    assert [name for name in BOTS if "healthcheck" in SERVICES[name]] == ["migrate"]


def test_the_proxy_leads_to_the_bots() -> None:
    """It forwards Slack's paths only, and closes idle connections before the bot does (after 75 s)."""
    text = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    assert SERVICES["zimerr-http"]["environment"]["PORT"] == str(DEFAULT_PORT)
    assert f"dynamic a zimerr-http {DEFAULT_PORT} {{" in text
    assert "@slack path /slack/*" in text
    assert "keepalive 60s" in text
    assert "/metrics" not in text
    assert re.findall(r"\{\$(\w+)\}", text) == list(SERVICES["proxy"]["environment"])
