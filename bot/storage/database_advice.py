"""Say what a person can do about an error of the database."""

from __future__ import annotations

import sqlite3

from sqlalchemy.engine import URL

# By the names of https://www.sqlite.org/rescode.html.
_SQLITE = {
    "SQLITE_NOTADB": "The file is damaged, or not an SQLite database. Restore it from a backup, or move it away.",
    "SQLITE_CORRUPT": "The file is damaged. Restore it from a backup, or move it away.",
    "SQLITE_FULL": "Free space on its disk.",
    "SQLITE_IOERR": "Its disk is full or fails: free space on it, or move the file to another one.",
    "SQLITE_BUSY": "Another process has locked it. Stop that process, or wait until it is done.",
    "SQLITE_READONLY": "Let this user write to the file and its folder.",
}
_OTHER_SQLITE = "Point DATABASE_URL at a file in a folder that this user may write to."
# By https://www.postgresql.org/docs/current/errcodes-appendix.html. Errors of the connection have no such code, and
# are known by their words.
_POSTGRESQL = {
    "53100": "Free space on the server's disk.",
    "25006": "This server is a read-only standby: name the primary in DATABASE_URL.",
    "42501": "Grant the user in DATABASE_URL the rights to create, read and write tables there.",
    "55P03": "Another session has locked a table: end it, or wait until it is done.",
    "password authentication failed": "Correct the user and the password in DATABASE_URL.",
    "no password supplied": "Put the user's password into DATABASE_URL.",
    "does not exist": "Create that database or user, or correct its name in DATABASE_URL.",
    "too many": "Allow more connections (max_connections), or run fewer replicas.",
    "resolve host": "Correct the host in DATABASE_URL, or check the DNS.",
}
_OTHER_POSTGRESQL = "Check that PostgreSQL runs there and that DATABASE_URL names it."


def advice(error: BaseException, *, is_postgresql: bool = False) -> str:
    """Return advice on an error of SQLAlchemy, or on an OSError."""
    original = getattr(error, "orig", None) or error
    if is_postgresql:
        signs = (getattr(original, "sqlstate", None) or "", str(original))
        found = (text for sign, text in _POSTGRESQL.items() if sign == signs[0] or sign in signs[1])
        return next(found, _OTHER_POSTGRESQL)
    name = getattr(original, "sqlite_errorname", "") if isinstance(original, sqlite3.Error) else ""
    return next((text for start, text in _SQLITE.items() if name.startswith(start)), _OTHER_SQLITE)


def shown(url: URL) -> str:
    """Return *url* without passwords, which may also be in its query."""
    return url.set(query={}).render_as_string(hide_password=True)
