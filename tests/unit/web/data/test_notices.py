"""What was just done is said once, on the page that is opened next."""

from tests.unit.web.people.relating import NAME
from tests.unit.web.visiting import Browser

from pcloud.testing.home import Home


async def test_a_page_that_is_read_again_by_its_script_takes_no_notice_away(
    anna: Home, owner: Browser
) -> None:
    await anna.owner.data_set(NAME, "Anna")
    at = f"/data/edit?path={NAME}"
    await owner.post("/data/edit", {"path": NAME, "version": "1", "v.": "Anna B"})
    again = await owner.get(at, **{"Sec-Fetch-Dest": "empty"})
    assert "Saved." not in again.text
    assert "Saved." in (await owner.get(at, **{"Sec-Fetch-Dest": "document"})).text
    assert "Saved." not in (await owner.get(at)).text, "once"
