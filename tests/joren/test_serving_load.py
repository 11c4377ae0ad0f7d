"""The service under load, in full: `make prove`. `test_served` holds the short form."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import serving_load
from tests.joren.conftest import joren


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of the demo, after its run."""
    folder: Path = tmp_path_factory.mktemp("demo") / "demo"
    assert joren("init", folder, "--example", "cdnow").exit_code == 0
    done = joren("run", "--project", folder)
    assert done.exit_code == 0, done.output
    return str(folder)


@pytest.mark.prove
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("part", sorted(serving_load.PARTS))
def test_the_service_bears_its_load(demo: str, part: str) -> None:
    assert serving_load.main(["--project", demo, "--only", part]) == 0
