"""Erasure of a customer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from serving.audit import Who
from serving.auth import Scope
from serving.erasure import erase
from serving.gate import needs
from serving.routes.asked import json_answer, refuse_parameters, service_of
from serving.routes.segments import Segments
from serving.wire_erasure import ErasureReceipt, receipt_answer
from serving.wire_score import CustomerId

__all__ = ["router"]

router = APIRouter(tags=["privacy"], route_class=Segments)


@router.delete(
    "/v1/customers/{customer_id:path}",
    summary="Erase a customer",
    response_model=ErasureReceipt,
    response_description="The receipt.",
    **needs(Scope.PRIVACY_ERASE),
)
def erase_customer(request: Request, customer_id: Annotated[CustomerId, Path()]) -> Response:
    """Remove a customer from all runs: scores, history, behaviour, attributes; and from runs yet to come.

    Nobody sees the customer from the moment of the answer on. Whether the id was known does not matter:
    later runs leave it out. In runs that were published before, the places of others in lists stay as they
    were told. Jobs and sessions hold nothing of customers. What is not covered, the receipt says.
    """
    refuse_parameters(request)
    who = Who(request.state.key.prefix, datetime.now(UTC))
    return json_answer(receipt_answer(erase(service_of(request).store.database, customer_id, who)))
