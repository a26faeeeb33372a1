"""A code before the camera: it is looked at, and nothing is sent. The camera plays a film of one picture."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import segno
from playwright.sync_api import Browser, expect, sync_playwright
from tests.browser import chromium as system
from tests.browser.neighbours import Neighbours, do
from tests.browser.visiting import PHONE, Visits, url_of
from tests.e2e.processes.cli import until

WIDTH, HEIGHT = 640, 480
DARK, LIGHT, NEUTRAL = 16, 235, 128
FRAMES = 2
LATE = """() => {
  const devices = navigator.mediaDevices, ask = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (wish) => {
    const stream = await ask(wish);
    await new Promise((allow) => {
      globalThis.camera = { allow, states: () => stream.getTracks().map((track) => track.readyState) };
    });
    return stream;
  };
  globalThis.camera = {};
}"""
"""An owner who takes a while to allow the camera."""


def film(text: str) -> bytes:
    """A code as an uncompressed film (YUV4MPEG2), which a browser can take for a camera."""
    rows = [list(row) for row in segno.make(text, error="m", micro=False).matrix_iter(scale=1, border=4)]
    edge = HEIGHT // len(rows)
    picture = bytearray([LIGHT]) * (WIDTH * HEIGHT)
    for down, row in enumerate(rows):
        line = b"".join(bytes([DARK if dark else LIGHT]) * edge for dark in row)
        for at in range(down * edge, (down + 1) * edge):
            picture[at * WIDTH : at * WIDTH + len(line)] = line
    colours = bytes([NEUTRAL]) * (WIDTH * HEIGHT // 2)
    head = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode()
    return head + (b"FRAME\n" + bytes(picture) + colours) * FRAMES


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The film that the camera plays."""
    return tmp_path_factory.mktemp("film") / "camera.y4m"


@pytest.fixture(scope="module")
def browser(chromium: str, played: Path) -> Iterator[Browser]:
    """A browser with a camera, whose owner lets pages use it."""
    camera = (
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={played}",
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=[*system.SWITCHES, *camera])
        yield browser
        browser.close()


def test_a_code_leads_to_who_it_is_and_nothing_is_sent(
    visits: Visits, strangers: Neighbours, played: Path
) -> None:
    anna, flora = strangers
    played.write_bytes(film(do(flora, lambda node: node.invite("flowers on order")).link))
    page = visits.owner(anna.folder, PHONE)

    page.goto(f"{url_of(anna.folder)}/people/meet")
    page.get_by_role("button", name="Scan a code").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Flora")
    expect(page.get_by_text("flowers on order")).to_be_visible()
    expect(page.get_by_text("nobody knows of you")).to_be_visible()
    assert do(flora, lambda node: node.contacts()) == []


def test_a_code_of_another_kind_does_nothing(visits: Visits, strangers: Neighbours, played: Path) -> None:
    anna = strangers.anna
    played.write_bytes(film("https://elsewhere.example/pcloud:contact/1/"))
    page = visits.owner(anna.folder, PHONE)
    page.goto(f"{url_of(anna.folder)}/people/meet")
    known = do(anna, lambda node: node.contacts())

    page.get_by_role("button", name="Scan a code").click()

    expect(page.get_by_text("This is a code of another kind.")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert do(anna, lambda node: node.contacts()) == known


def test_a_camera_that_is_allowed_too_late_is_switched_off(
    visits: Visits, strangers: Neighbours, played: Path
) -> None:
    played.write_bytes(film("nothing"))
    page = visits.owner(strangers.anna.folder, PHONE)
    page.goto(f"{url_of(strangers.anna.folder)}/people/meet")
    page.evaluate(LATE)

    page.get_by_role("button", name="Scan a code").click()
    until(lambda: page.evaluate("camera.allow !== undefined"))
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert page.evaluate("camera.states()") == ["live"]
    page.evaluate("camera.allow()")

    until(lambda: page.evaluate("camera.states()") == ["ended"])
