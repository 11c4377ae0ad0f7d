"""The service's settings, and the only reader of the environment.

The environment (``JOREN_STORE_URL``, ``JOREN_PORT`` …) stands over what ``joren.toml`` gives, and that over
the defaults.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from serving.staleness import STALE_AFTER_DAYS

__all__ = ["Settings"]

PREFIX = "JOREN_"


class Settings(BaseSettings):
    """``Settings(**section_of_joren_toml)``: an environment variable wins over a keyword of the same name."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    store_url: str = Field(
        default="sqlite:///scores.db", description="An SQLAlchemy URL: SQLite, or postgresql+psycopg."
    )
    bundles: Path = Field(
        default=Path("bundles"), description="The folder that holds one model bundle a version."
    )
    project: Path | None = Field(
        default=None, description="The project's folder that jobs score in; without it none are taken on."
    )
    host: str = Field(default="127.0.0.1", description="The address to listen on.")
    port: int = Field(default=8000, ge=0, le=65_535, description="The port; 0 takes a free one.")
    public_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^/?#\s]+$",
        description="Where people reach the pages, if not at host and port: https://joren.example.com. "
        "Behind https, cookies are sent over https alone.",
    )
    workers: int = Field(default=1, ge=1, le=64, description="Processes that answer requests.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="The least grave level that is logged."
    )
    body_limit_bytes: int = Field(default=1_048_576, ge=1, description="The largest body that is accepted.")
    body_timeout_seconds: float = Field(
        default=20.0, gt=0, le=600, description="How long a body may take to arrive."
    )
    drain_seconds: float = Field(
        default=1.0,
        ge=0,
        le=5,
        description="How long /readyz says no, after SIGTERM, before the doors close.",
    )
    shutdown_seconds: int = Field(
        default=4, ge=1, le=60, description="How long requests under way may take once the doors are closed."
    )
    key_cache_seconds: float = Field(
        default=4.0, ge=0, le=5, description="How long a key is trusted before the store is asked again."
    )

    requests_per_minute: int = Field(
        default=6_000, ge=1, description="The requests that a key may make in a minute, unless it says."
    )
    guesses_per_minute: int = Field(
        default=60,
        ge=1,
        description="The unknown keys that may be tried from one address in a minute; behind a proxy, all "
        "clients have its address. Keys that were used before are not held up.",
    )
    shared_folder: Path | None = Field(
        default=None, description="Where the workers of one service count together, while it runs."
    )
    model_watch_seconds: float = Field(
        default=1.0,
        gt=0,
        le=60,
        description="How often a newly promoted model is looked for.",
    )
    stale_after_days: float = Field(
        default=STALE_AFTER_DAYS, gt=0, description="The age from which on scores are told to be stale."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic-settings calls this by name
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - no .env file is read
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - no secrets folder is read
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put the environment first, the keywords (from ``joren.toml``) second."""
        return env_settings, init_settings

    def environment(self) -> dict[str, str]:
        """Return the variables that make another process (a uvicorn worker) read these very settings."""
        told = self.model_dump(mode="json", exclude_none=True)
        return {f"{PREFIX}{name.upper()}": str(value) for name, value in told.items()}

    @property
    def address(self) -> str:
        """Where people reach the pages, without a slash at the end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"
