"""Create the people and channels of a new workspace."""

from __future__ import annotations

from bot.sandbox.manifest import Installation
from bot.sandbox.model import Channel, SandboxWorkspace, User

_PEOPLE = (
    User("U0ANN", "ann", "Ann", "en-US", "America/Los_Angeles", "b4472f", "A"),
    User("U0LIN", "小林", "小林", "zh-CN", "Asia/Shanghai", "2f7a4f", "林"),
    User("U0BEN", "ben", "Ben", "en-GB", "Europe/London", "3a62a8", "B"),
    User("U0MEI", "美玲", "美玲", "zh-TW", "Asia/Taipei", "8a4a9e", "美"),
)


def seed_workspace(workspace: SandboxWorkspace, app: Installation, seed: str) -> None:
    """Fill a new workspace: ``demo`` has people and channels, ``empty`` only people."""
    for person in _PEOPLE:
        workspace.users[person.id] = User(
            person.id, person.name, person.real_name, person.locale, person.tz, person.color, person.initials
        )
    workspace.users[workspace.bot_user] = User(
        workspace.bot_user, app.name, app.name, color="1d2b45", initials="Z", is_bot=True
    )
    workspace.users["USLACKBOT"] = User("USLACKBOT", "slackbot", "Slackbot", initials="S", is_bot=True)
    workspace.users["U0ALERTS"] = User("U0ALERTS", "alerts", "Alerts", color="7a5c12", initials="!", is_bot=True)
    for person in _PEOPLE:
        im_id = f"D0{person.id.removeprefix('U0')}"
        workspace.channels[im_id] = Channel(
            im_id, "", person.locale, members={person.id, workspace.bot_user}, is_im=True
        )
    if seed == "demo":
        people = {person.id for person in _PEOPLE}
        for channel in (
            Channel(
                "C0ONCALL", "oncall", "en-US", "Who is on call, and what is burning", people | {workspace.bot_user}
            ),
            Channel("C0ZHIBAN", "值班", "zh-CN", "线上问题在这里说", people | {workspace.bot_user}),
            Channel("C0QUIET", "quiet", "en-US", "Without the bot; to invite it: /invite @zimerr", set(people)),
        ):
            workspace.channels[channel.id] = channel
