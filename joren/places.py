"""Where ``joren.toml`` says that a table is read from: a file of the project, or a database."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import unquote

from features.opening import UNSET
from features.tables import Labelled, Source
from joren.errors import ConfigError
from joren.sections import DataTable
from joren.toml_faults import line_of, refuse_unknown_column

__all__ = ["source_of"]

_URL = re.compile(
    r"postgres(?:ql)?(?:\+\w+)?://(?:(?P<user>[^:@/?]*)(?::(?P<password>[^@/]*))?@)?"
    r"(?P<where>[^@/?]*(?:/[^@/?]*)?)(?P<options>\?(?!.*password)[^@]*)?"
)


def source_of(table: DataTable, name: str, path: Path, text: str) -> Source:
    """Return where the table ``name`` lies, as ``path`` says; ``text`` is what that holds.

    A URL may come from the environment; one that is not set there is told of only when it is read. Raises
    ``ConfigError`` for a column that is not known or has no name, and for what is no URL, or tells a secret.
    """
    for key, given in (("columns", table.columns), ("constants", table.constants)):
        for column, value in given.items():
            at = line_of(path, text, ("tables", name, key, column))
            refuse_unknown_column(column, at, name)
            if not value:
                raise ConfigError(
                    f"{at}{column} has no name yet.", mend="Name the file's column that holds it."
                )
    location, password = _place(table, name, path, text)
    labelled = Labelled(**table.labelled.model_dump()) if table.labelled else None
    return Source(
        location,
        table.columns,
        table.constants,
        table=table.table,
        query=table.query,
        password=password,
        labelled=labelled,
    )


def _place(table: DataTable, name: str, path: Path, text: str) -> tuple[str, str]:
    if table.url_env is not None:
        url = os.environ.get(table.url_env)
        told = f"The environment variable {table.url_env}"
        return _parted(url, told) if url else (f"{UNSET}{table.url_env}", "")
    if table.url is not None:
        at = line_of(path, text, ("tables", name, "url"))
        location, password = _parted(table.url, f"{at}url")
        if password:
            raise ConfigError(
                f"{at}url holds a password.",
                mend="Let url_env name an environment variable that holds the whole URL.",
            )
        return location, ""
    return str(path.parent / (table.file or "")), ""


def _parted(url: str, told: str) -> tuple[str, str]:
    """Return a URL without its password, and the password; never show what cannot be told apart."""
    parts = _URL.fullmatch(url)
    if parts is None:
        raise ConfigError(
            f"{told} is no URL of a Postgres database.",
            mend="Such as postgresql://user:password@host:5432/shop; in a password, / is %2F and @ is %40.",
        )
    user = f"{parts['user']}@" if parts["user"] else ""
    return f"postgresql://{user}{parts['where']}{parts['options'] or ''}", unquote(parts["password"] or "")
