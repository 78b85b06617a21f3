"""A whole listening study in a browser, from the consent to the report."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect

from benchmarks.servers import free_port
from sonovae.app import server
from sonovae.listening import pool, report
from sonovae.listening.answers import Answers
from tests.making.small_study import write_pool

pytestmark = pytest.mark.processes
EACH = 2


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_pool(tmp_path, EACH)


@pytest.fixture
def url(root: Path) -> Iterator[str]:
    """Where the app is served."""
    port = free_port()
    app = server.make(root, root / "data/model", frozenset([f"127.0.0.1:{port}"]))
    served = uvicorn.Server(
        uvicorn.Config(app, port=port, log_level="warning", lifespan="off", ws="none")
    )
    thread = threading.Thread(target=served.run)
    thread.start()
    while not served.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    served.should_exit = True
    thread.join(20)


@pytest.fixture
def new_browser(browser: Browser) -> Iterator[Any]:
    """Open browsers of different people; no page shows an error or asks another host."""
    faults, hosts, opened = list[str](), set[str | None](), list[BrowserContext]()

    def opening(**how: Any) -> Page:
        opened.append(browser.new_context(**({"viewport": {"width": 1280, "height": 800}} | how)))
        opened[-1].set_default_timeout(20_000)
        page = opened[-1].new_page()
        page.on(
            "console",
            lambda said: faults.append(said.text) if said.type in ("error", "warning") else None,
        )
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "request",
            lambda asked: (
                hosts.add(urlsplit(asked.url).hostname) if asked.url[:5] != "data:" else None
            ),
        )
        return page

    yield opening
    for context in opened:
        context.close()
    assert faults == []
    assert hosts <= {"127.0.0.1"}


def token(page: Page) -> str:
    return page.evaluate("localStorage.getItem('sonovae.listener')")


def hear(page: Page) -> None:
    """To the end, by the mouse."""
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_text("you can play it again")).to_be_visible()


def rate(page: Page, quality: str, expressiveness: str) -> None:
    for name, label in (("Audio quality", quality), ("Expressiveness", expressiveness)):
        page.get_by_role("radiogroup", name=name).get_by_role("radio", name=label).check()


def wanted(root: Path, place: int, order: list[str]) -> int:
    """A rating that tells the sets apart, and places too."""
    sets = pool.load(root).sounds.set_index("id")["set"]
    return {"real": 4, "reference": 5, "reconstructed": 3, "generated": 2, "anchor": 1}[
        sets[order[place]]
    ]


LABELS = ("Bad", "Poor", "Fair", "Good", "Excellent")


def test_a_whole_study_by_two_listeners(
    root: Path, url: str, new_browser: Any, tmp_path: Path
) -> None:
    kept, of = Answers(root, pool.load(root).sounds["id"]), 5 * EACH
    given: dict[tuple[str, str, str], int] = {}

    first = new_browser()  # by the keyboard alone
    first.goto(f"{url}/study")
    expect(first.get_by_text("No name, no address, no cookie")).to_be_visible()
    first.keyboard.press("Tab")
    first.keyboard.press("Enter")
    expect(first.get_by_text(f"1 of {of}", exact=True)).to_be_visible()
    one, order = token(first), kept.order(token(first))
    for n in range(of):
        expect(first.get_by_text(f"{n + 1} of {of}", exact=True)).to_be_visible()
        rating = wanted(root, n, order)
        first.keyboard.press("3")  # nothing is heard yet
        first.keyboard.press("Enter" if n == 0 else "Space")  # the button to play has the focus
        expect(first.get_by_text("you can play it again")).to_be_visible()
        expect(
            first.get_by_role("button", name="Next" if n + 1 < of else "Finish")
        ).to_be_disabled()
        first.keyboard.press(str(rating))
        if n % 2:
            first.keyboard.press("3")
        else:
            for pressed in (
                "Tab",
                "Tab",
                "2",
                "ArrowRight",
            ):  # past the first question's points to the second's
                first.keyboard.press(pressed)
        given |= {(one, order[n], "quality"): rating, (one, order[n], "expressiveness"): 3}
        first.keyboard.press("Enter")
    expect(first.get_by_role("heading", name="Thank you")).to_be_visible()

    second = new_browser(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    second.goto(f"{url}/study")
    second.get_by_role("button", name="I agree, begin").tap()
    expect(second.get_by_text(f"1 of {of}", exact=True)).to_be_visible()
    two, order = token(second), kept.order(token(second))
    assert order != kept.order(one)
    for n in range(of):
        expect(second.get_by_text(f"{n + 1} of {of}", exact=True)).to_be_visible()
        hear(second)
        if n == of // 2:  # one question is answered, and the page is loaded anew
            with second.expect_response("**/api/study/rate"):
                second.get_by_role("radiogroup", name="Audio quality").get_by_role(
                    "radio", name="Poor"
                ).tap()
            assert kept.place(two).ratings == {"quality": 2}
            second.reload()
            expect(second.get_by_text(f"{n + 1} of {of}", exact=True)).to_be_visible()
            assert kept.place(two).sound == order[n]
            expect(second.get_by_role("radio", name="2 Poor").first).to_be_checked()
            hear(second)
        rating = wanted(root, n, order)
        rate(second, "Fair", LABELS[min(rating, 4)])  # a mind may be changed
        rate(second, LABELS[rating - 1], "Fair")
        given |= {(two, order[n], "quality"): rating, (two, order[n], "expressiveness"): 3}
        second.get_by_role("button", name="Next" if n + 1 < of else "Finish").tap()
    expect(second.get_by_role("heading", name="Thank you")).to_be_visible()

    second.reload()  # a third time: one listener rates once
    expect(second.get_by_role("heading", name="Thank you")).to_be_visible()
    again = {"listener": two, "sound": order[-1], "question": "quality", "rating": 5}
    said = requests.post(f"{url}/api/study/rate", json=again, timeout=20)
    assert (said.status_code, "each listener takes part once" in said.json()["error"]) == (
        400,
        True,
    )

    rows = kept.table()
    assert given == {(a, b, c): d for a, b, c, d in rows.itertuples(index=False)}
    assert kept.listeners() == (2, 2)
    page = report.write(root).read_text()
    assert "2 listeners began, 2 came to the end" in page
    found = report.metrics(report.joined(rows, pool.load(root)))
    assert found["study.quality.generated.mos"] == 2
    assert found["study.quality.reference.mos"] == 5
    assert found["study.expressiveness.generated.mos"] == 3
    assert found["study.quality.alpha"] == 1
    assert (found["study.quality.real.low"], found["study.quality.real.high"]) == (4, 4)


def test_what_the_server_refuses(root: Path, url: str) -> None:
    def said(words: Any, path: str = "rate", **how: Any) -> tuple[int, str]:
        answer = requests.post(f"{url}/api/study/{path}", **({"json": words} | how), timeout=20)
        return answer.status_code, answer.json().get("error", "")

    listener = requests.post(f"{url}/api/study/begin", json={"consent": True}, timeout=20).json()[
        "listener"
    ]
    at = requests.post(f"{url}/api/study/next", json={"listener": listener}, timeout=20).json()
    good = {"listener": listener, "sound": at["sound"], "question": "quality", "rating": 3}
    assert said({}, "begin")[0] == 400
    assert said(good | {"rating": 6}) == (
        400,
        "rating = 6: must be a whole number from 1 to 5",
    )
    assert said(good | {"sound": "../pool"})[0] == 400
    assert said(good | {"listener": ["x"]})[0] == 400
    assert said({"listener": listener, "sound": at["sound"]}, "advance")[0] == 400
    assert said([good])[1] == "the request must hold an object in JSON"
    assert said(None, data="[" * 60_000) == (400, "the request must hold an object in JSON")
    assert said(good | {"more": "x" * 70_000}) == (
        400,
        "the request is too long: the limit is 64 KiB",
    )
    elsewhere = {"origin": "http://elsewhere.example"}
    assert (
        requests.post(f"{url}/api/study/rate", json=good, headers=elsewhere, timeout=20).status_code
        == 403
    )
    assert said({}, "next") == (400, "listener '' is not known: begin the study again")
    for name in ("pool.csv", "..%2f..%2fanswers.sqlite", "0", "%2e%2e/answers.sqlite"):
        assert requests.get(f"{url}/api/study/sound/{name}", timeout=20).status_code == 404
    heard = requests.get(f"{url}/api/study/sound/{at['sound']}", timeout=20)
    assert (heard.headers["content-type"], heard.content[:4]) == ("audio/wav", b"RIFF")
    assert not {"content-disposition", "set-cookie"} & set(map(str.lower, heard.headers))
    assert said(good) == (200, "")
    assert len(Answers(root, ()).table()) == 1


def test_without_a_pool_the_page_says_how_one_is_made(
    root: Path, url: str, browser: Browser
) -> None:
    (root / "study/pool/pool.json").unlink()
    page = browser.new_page()
    page.goto(f"{url}/study")
    expect(page.get_by_text("There is no study yet")).to_contain_text("`make study` makes one")
    page.close()


def test_an_unknown_listener_begins_anew_and_a_lost_server_is_told(
    root: Path, url: str, browser: Browser
) -> None:
    page = browser.new_page()
    page.goto(f"{url}/study")
    page.evaluate("localStorage.setItem('sonovae.listener', 'of another study')")
    page.reload()
    page.get_by_role("button", name="I agree, begin").click()
    hear(page)
    page.route("**/api/study/rate", lambda route: route.abort())
    rate(page, "Good", "Poor")
    expect(page.get_by_text("Your rating could not be saved yet")).to_be_visible()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("Your rating could not be saved yet")).to_be_visible()
    page.unroute("**/api/study/rate")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("2 of 10", exact=True)).to_be_visible()
    assert sorted(Answers(root, ()).table()["rating"]) == [2, 4]
    page.close()
