"""The bot's side of Slack: one module per surface, each with `register(app, services)`.

Surfaces:
- `messages`: messages and mentions, recorded as jobs of the inbox
- `commands`: `/zimerr`
- `actions`: the buttons on the bot's messages; `incidents`: those about who is on an incident
- `alerts`: bursts that people watch for
- `packets`: the text for ZEGO support
- `note_dialog`: the notes of the workspace about codes; `snooze_dialog`: codes snoozed
- `sharing`: *Share to channel* on private answers
- `shortcuts`: *Explain codes*, *Triage thread*, *Catch up*, *Look up a code*
- `views`: the modals
- `events`: the bot's reaction clicked, the bot invited; events that Slack dropped
- `home`: the Home tab
- `workflow_steps`: steps of Workflow Builder executed
- `oauth`: the app installed and uninstalled

Behind them:
- `services`: what all requests share; `context`: the `RequestContext` that every handler gets
- `listeners`: Bolt's listeners of handlers; `background`
- `worker`: works on jobs, with `log_jobs`, `log_reader` (a log read from Slack) and `replier` (replies in a thread)
- `pasted_log`: a pasted log answered in the channel or in a direct message
- `sender`: posts each reply once; `lookup`: asks Slack; `files`: downloads and uploads
- `workspaces`: clients and tokens by workspace; `client`: calls the Web API
"""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

from bot.slack import (
    actions,
    alerts,
    commands,
    events,
    home,
    incidents,
    listeners,
    messages,
    note_dialog,
    packets,
    sharing,
    shortcuts,
    snooze_dialog,
    views,
    workflow_steps,
)
from bot.slack.services import Services


def register(app: AsyncApp, services: Services) -> None:
    """Connect every surface; Bolt asks the listeners in this order."""
    for surface in (
        messages,
        commands,
        actions,
        alerts,
        incidents,
        packets,
        note_dialog,
        snooze_dialog,
        sharing,
        shortcuts,
        views,
        home,
        workflow_steps,
        events,
    ):
        surface.register(app, services)
    listeners.report_errors(app, services)
