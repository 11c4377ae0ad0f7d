from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest

from serving.logs import JsonLines, configure_logging
from tests.serving.conftest import Shop


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What Joren logs meanwhile."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLines())
    logger = logging.getLogger("joren")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield written
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)


def test_each_answer_is_one_line_with_the_route_and_no_customer(served: Shop, lines: io.StringIO) -> None:
    headers = served.key() | {"X-Request-Id": "crm-1"}
    served.client.get("/v1/customers/c-7f/score?reasons=true", headers=headers)
    served.client.post("/v1/scores/lookup", json={"customer_ids": ["c-7f"]}, headers=headers)
    served.client.get("/c-7f?c-7f=c-7f", headers=headers)
    logged = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert [line["route"] for line in logged] == [
        "/v1/customers/{customer_id}/score",
        "/v1/scores/lookup",
        "unmatched",
    ]
    first = logged[0]
    assert (first["method"], first["status"], first["request_id"]) == ("GET", 200, "crm-1")
    assert first["key"] == headers["X-API-Key"].split("_")[1]
    assert first["duration_ms"] >= 0
    assert first["time"].endswith("+00:00")
    assert "c-7f" not in lines.getvalue()
    assert headers["X-API-Key"] not in lines.getvalue()


def test_an_exception_is_told_by_class_and_place_without_its_text() -> None:
    def fail() -> None:
        raise ValueError("customer c-7f spent 12")

    try:
        fail()
    except ValueError:
        record = logging.LogRecord("joren", logging.ERROR, __file__, 1, "fault", None, sys.exc_info())
    line = json.loads(JsonLines().format(record))
    assert line["exception"] == "ValueError"
    assert line["raised_at"][-1].endswith(" fail")
    assert "c-7f" not in json.dumps(line)


def test_the_whole_process_logs_json(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    level = root.level
    try:
        configure_logging("WARNING")
        logging.getLogger("uvicorn.error").warning("Listening on %s", "127.0.0.1")
        logging.getLogger("anything").info("not this")
    finally:
        root.setLevel(level)
    line = json.loads(capsys.readouterr().err)
    assert (line["level"], line["logger"], line["message"]) == (
        "WARNING",
        "uvicorn.error",
        "Listening on 127.0.0.1",
    )
