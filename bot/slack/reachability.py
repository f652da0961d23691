"""Explain why Slack can't be reached, and name the remedy."""

from __future__ import annotations

import ssl
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import RetryLater, ZimerrError, describe


def unreachable(client: AsyncWebClient, error: RetryLater) -> ZimerrError:
    """Return the error, with its remedy, for a call that Slack did not answer."""
    if error.after_s is not None:
        return ZimerrError(f"Slack asks to wait for {error.after_s:.0f} s (rate limit). Start the bot after that.")
    remedy = _remedy(error.__cause__ or error, client)
    return ZimerrError(f"Slack can't be reached at {client.base_url}: {error}. {remedy}")


def _remedy(error: BaseException, client: AsyncWebClient) -> str:
    """Return the remedy for an error of the network. It never shows the password of a proxy."""
    host = urlsplit(client.base_url).hostname
    match error:
        case aiohttp.ClientConnectorDNSError():
            return f"The name {error.host} can't be resolved: check the DNS of this machine or container."
        case aiohttp.ClientProxyConnectionError():
            return f"The proxy {error.host}:{error.port} can't be connected to: check HTTPS_PROXY."
        case aiohttp.ClientHttpProxyError(status=407):
            return "The proxy asks for a password: set HTTPS_PROXY to http://NAME:PASSWORD@HOST:PORT."
        case aiohttp.ClientHttpProxyError():
            return f"The proxy refuses to connect to {host}: allow that host there."
        case aiohttp.ClientConnectorCertificateError():
            return _certificate_remedy(error.certificate_error)
        case aiohttp.ClientSSLError():
            return f"Something else than Slack answers at {host}: check the firewall and HTTPS_PROXY."
        case SlackApiError():
            return f"If the answer is not Slack's (https://slack-status.com), allow {host} in the proxy or firewall."
        case _:
            return f"Check the network: allow connections to {host}, or set HTTPS_PROXY to your proxy."


def _certificate_remedy(error: Exception) -> str:
    reason = error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else describe(error)
    if "expired" in reason or "not yet valid" in reason:
        return f"TLS fails ({reason}): check the clock of this machine."
    return f"TLS fails ({reason}): if a proxy inspects TLS, set SSL_CERT_FILE to a file with its CA certificate."
