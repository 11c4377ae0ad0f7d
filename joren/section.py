"""What every section of ``joren.toml`` is, and the numbers that several of them know."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Days", "Section", "Share"]

Share = Annotated[float, Field(ge=0, le=1)]
Days = Annotated[int, Field(ge=1, le=3650)]


class Section(BaseModel):
    """A section of the file: no key but those named, each of its own type, as TOML writes it."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
