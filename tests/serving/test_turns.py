from __future__ import annotations

import asyncio
import threading

import pytest

from serving.errors import ServiceBusyError
from serving.turns import Turns


def test_a_few_are_answered_side_by_side_some_wait_and_the_rest_are_sent_away() -> None:
    free, running = threading.Event(), threading.Semaphore(0)

    def work(number: int) -> int:
        running.release()
        assert free.wait(30)
        return number

    async def ask() -> list[int | BaseException]:
        turns = Turns(at_once=2, waiting=3)
        asked = [asyncio.create_task(turns.take(work, number)) for number in range(6)]
        await asyncio.to_thread(running.acquire)
        await asyncio.to_thread(running.acquire)
        assert not running.acquire(blocking=False)
        free.set()
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert await turns.take(work, 7) == 7
        return answers

    *answered, sent_away = asyncio.run(ask())
    assert answered == [0, 1, 2, 3, 4]
    assert isinstance(sent_away, ServiceBusyError)


def test_what_fails_makes_room_again() -> None:
    def fail() -> None:
        raise ValueError("no")

    async def ask() -> None:
        turns = Turns(at_once=1, waiting=0)
        for _ in range(3):
            with pytest.raises(ValueError, match="no"):
                await turns.take(fail)

    asyncio.run(ask())
