"""The bot's side of Slack: one module per surface, each with `register(app, services)`.

Surfaces:
- `messages`: messages and mentions, recorded as jobs of the inbox
- `commands`: `/zimerr`
- `actions`: the buttons on the bot's messages; `incidents`: those that take, release and resolve an incident
- `alerts`: watches and their alerts
- `packets`: the text for ZEGO support
- `note_dialog`: the workspace's notes about codes; `snooze_dialog`: snoozes of codes
- `sharing`: *Share to channel* on private answers
- `shortcuts`: *Explain codes*, *Triage thread*, *Catch up*, *Look up a code*
- `views`: the modals
- `events`: the bot's reaction clicked, the bot invited; events that Slack dropped
- `home`: the Home tab
- `workflow_steps`: steps of Workflow Builder executed
- `oauth`: the app installed and uninstalled

Behind them:
- `services`: what all requests share; `context`: the `RequestContext` that every handler gets
- `listeners`: makes Bolt listeners from handlers; `background`: runs work after the acknowledgement
- `confirmation`: modals that confirm or complete a click
- `worker`: works on jobs, with `log_jobs`, `log_reader` (reads a log from Slack), `escalation` (calls a person or
  group) and `replier` (replies in a thread)
- `rounds`: does the work that becomes due by time
- `pasted_log`: answers a pasted log in the channel or in a direct message
- `sender`: posts each reply once, in a form that Slack accepts (`ladder`); `reactions`
- `lookup`: asks Slack; `files`: downloads and uploads
- `workspaces`: clients and tokens by workspace; `suspension`: workspaces whose token Slack refuses
- `client`: calls the Web API; `reachability`: explains why Slack can't be reached
- `deliveries`: counts, times and traces Slack's requests
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
