"""What a table may ask for: five outcomes and no sixth."""

from typing import get_args

from pcloud.kernel import effects


def test_there_are_five_effects() -> None:
    names = {kind.__name__ for kind in get_args(effects.Effect)}
    assert names == {"Send", "Keep", "Wake", "Tell", "Ask"}
    made = {
        name for name, value in vars(effects).items() if getattr(value, "__module__", "") == effects.__name__
    }
    assert made == names


def test_what_the_owner_is_told_is_an_event_and_an_id() -> None:
    """[TABLE-11]"""
    assert effects.Tell.__annotations__ == {"event": str, "key": bytes}
    assert effects.Ask.__annotations__ == {"target": str, "command": str, "id": bytes}
    assert effects.Wake.__annotations__ == {"at": int, "command": str, "key": bytes}
