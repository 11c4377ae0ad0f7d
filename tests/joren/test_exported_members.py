import pytest

import joren


def test_every_public_name_is_where_it_is_said_to_be() -> None:
    assert sorted(joren.__all__) == sorted(dir(joren))
    for name in joren.__all__:
        assert getattr(joren, name) is not None
    with pytest.raises(AttributeError):
        _ = joren.no_such_name  # type: ignore[attr-defined]
