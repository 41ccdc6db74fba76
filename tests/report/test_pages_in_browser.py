"""The pages of a tiny real experiment in Chromium: nothing is loaded, nothing overflows, both schemes can be read."""

import os
import re
import shutil
from pathlib import Path
from urllib.parse import unquote

import pytest

from ner_window.experiment import Sources
from ner_window.report.experiment_page import experiment_page
from ner_window.report.run_page import run_page
from ner_window.sweep.folders import Task, read_findings
from ner_window.sweep.plan import load_sweep
from ner_window.sweep.runs import do

SWEEP = """\
base: {base}
set: {{training.epochs: 2}}
zip:
  model.activation: [tanh, relu]
  model.hidden_units: [100, 90]
  model.dropout: [0.0, 0.125]
  optimizer.learning_rate: [0.003, 0.00275]
seeds: [13, 14]
"""
#: Options that keep the browser from calling anyone.
OPTIONS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions"),
)
SCHEMES = ("light", "dark")


def refuse(reason):
    """Skip, where the tests may do without a browser."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def browser():
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not driver:
        refuse("chromium and chromedriver are not installed")
    try:
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service
    except ImportError:
        refuse("selenium is not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for option in OPTIONS:
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(executable_path=driver))
    yield browser
    browser.quit()


@pytest.fixture(scope="module")
def pages(root, tmp_path_factory):
    """The page of an experiment and those of its runs, where they stand, one of a run that failed among them."""
    pytest.importorskip("matplotlib")
    folder = tmp_path_factory.mktemp("pages")
    (folder / "two.yaml").write_text(SWEEP.format(base=root / "configs" / "quickstart.yaml"))
    sweep, sources = load_sweep(folder / "two.yaml"), Sources()
    outcomes, findings = [], []
    for run in sweep.runs:
        outcomes.append(finish(do(Task(run, folder / "runs" / run.name), sources)))
        assert not outcomes[-1].error
        findings.append(read_findings(folder / "runs" / run.name))
        target = folder / "runs" / run.name / "page.html"
        target.write_text(run_page(outcomes[-1], findings[-1], sweep.name), encoding="utf-8")
    (folder / "page.html").write_text(experiment_page(sweep, outcomes, findings), encoding="utf-8")
    return [folder / "page.html", target]


def finish(reports):
    while True:
        try:
            next(reports)
        except StopIteration as end:
            return end.value


def show(browser, page: Path, scheme="light", width=1280):
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500},
    )
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    browser.get(page.as_uri())


@pytest.mark.parametrize("number", [0, 1])
def test_nothing_is_loaded_and_nothing_is_complained_of(browser, pages, number):
    browser.get_log("browser"), browser.get_log("performance")
    show(browser, pages[number])
    assert browser.get_log("browser") == []
    assert browser.execute_script("return performance.getEntriesByType('resource').length") == 0
    sent = [
        line["message"] for line in browser.get_log("performance") if "Network.requestWillBeSent" in line["message"]
    ]
    assert {re.search(r'"url":"([^"]+)"', line)[1] for line in sent} == {pages[number].as_uri()}


@pytest.mark.parametrize(("number", "width"), [(n, width) for n in (0, 1) for width in (360, 1280)])
def test_the_page_does_not_scroll_sideways(browser, pages, number, width):
    show(browser, pages[number], width=width)
    browser.execute_script("document.querySelectorAll('details').forEach(part => part.open = true)")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    wide = "[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1)"
    in_box = ".filter(e => !e.closest('.wide, pre, svg')).map(e => e.outerHTML.slice(0, 80))"
    assert browser.execute_script(f"return {wide}{in_box}") == []


@pytest.mark.parametrize("width", [360, 390, 700, 1280])
def test_the_f1_of_a_setting_of_several_keys_is_seen_without_scrolling(browser, pages, width):
    show(browser, pages[0], width=width)
    row = browser.find_element("css selector", "#results ~ .wide tbody tr:last-child")
    shown = [cell for cell in row.find_elements("css selector", "th, td") if cell.is_displayed()]
    assert len(shown) == (4 if width < 768 else 7)  # one cell or four of the keys, seeds, F1, seconds
    assert shown[0].text == (
        "relu" if width >= 768 else "activation=relu, hidden_units=90, dropout=0.125, learning_rate=0.00275"
    )
    f1, box = shown[-2].rect, browser.find_element("css selector", "#results ~ .wide").rect
    assert f1["x"] + f1["width"] <= box["x"] + box["width"]


@pytest.mark.parametrize("width", [360, 1280])
def test_words_of_plots_can_be_read(browser, pages, width):
    show(browser, pages[0], width=width)
    heights = browser.execute_script(
        "return [...document.querySelectorAll('.plot text')].map(t => t.getScreenCTM().a * parseFloat("
        "getComputedStyle(t).fontSize)).filter(size => size)"
    )
    assert len(heights) > 20
    assert min(heights) > 8.5


#: The color of each text, and what is behind it: its own ground on that of the elements that it is in.
COLORS = """
const seen = new Map();
const rgba = color => {
  const numbers = color.match(/[\\d.]+/g).map(Number), srgb = color.startsWith('color(srgb');
  return [...numbers.slice(0, 3).map(x => srgb ? 255 * x : x), numbers.length > 3 ? numbers[3] : 1];
};
for (const element of document.querySelectorAll('main *')) {
  if (![...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim())) continue;
  const style = getComputedStyle(element), svg = element.closest('svg');
  const ink = rgba(svg ? style.fill : style.color), grounds = [];
  for (let at = element; at; at = at.parentElement) {
    const own = getComputedStyle(at);
    const bar = own.backgroundImage.match(/rgba?\\([^)]*\\)/);
    if (bar) grounds.push(rgba(bar[0]));
    grounds.push(rgba(own.backgroundColor));
  }
  seen.set(JSON.stringify([ink, grounds]), element.outerHTML.slice(0, 120));
}
return [...seen].map(([key, example]) => [...JSON.parse(key), example]);
"""


def luminance(rgb):
    """Return the relative luminance of WCAG 2.2."""
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in (channel / 255 for channel in rgb)]
    return sum(weight * x for weight, x in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(ink, ground):
    low, high = sorted((luminance(ink), luminance(ground)))
    return (high + 0.05) / (low + 0.05)


def ground_of(layers):
    """Lay the grounds of an element and of those around it over each other, the outermost, which is whole, first."""
    found = [0.0, 0.0, 0.0]
    for *rgb, alpha in reversed(layers):
        found = [alpha * x + (1 - alpha) * y for x, y in zip(rgb, found, strict=True)]
    return found


@pytest.mark.parametrize(("number", "scheme"), [(n, scheme) for n in (0, 1) for scheme in SCHEMES])
def test_every_text_has_contrast(browser, pages, number, scheme):
    show(browser, pages[number], scheme)
    browser.execute_script("document.querySelectorAll('details').forEach(part => part.open = true)")
    found = browser.execute_script(COLORS)
    assert len(found) > 10
    poor = [(round(c, 2), text) for ink, layers, text in found if (c := contrast(ink[:3], ground_of(layers))) < 4.5]
    assert poor == []


@pytest.mark.parametrize("number", [0, 1])
def test_dark_is_dark_and_light_is_light(browser, pages, number):
    grounds, inks = {}, {}
    for scheme in SCHEMES:
        show(browser, pages[number], scheme)
        color = "return getComputedStyle(document.{}).{}"
        grounds[scheme] = browser.execute_script(color.format("documentElement", "backgroundColor"))
        inks[scheme] = browser.execute_script(color.format("querySelector('.plot text')", "fill"))
    dark, light = (luminance(list(map(int, re.findall(r"\d+", grounds[scheme])))) for scheme in ("dark", "light"))
    assert dark < 0.02
    assert light > 0.9
    assert inks["dark"] != inks["light"]


def test_lines_of_plots_can_be_seen_on_both_grounds(browser, pages):
    for scheme in SCHEMES:
        show(browser, pages[0], scheme)
        lines = browser.execute_script(
            "return [...document.querySelectorAll('.legend svg')].map(e => getComputedStyle(e).color)"
        )
        ground = browser.execute_script("return getComputedStyle(document.documentElement).backgroundColor")
        rgb = [list(map(int, re.findall(r"\d+", color))) for color in (ground, *lines)]
        assert len(rgb) > 2
        assert all(contrast(line, rgb[0]) >= 3 for line in rgb[1:])  # WCAG 2.2: 3 for what is not text


def test_every_link_leads_to_a_page(browser, pages):
    show(browser, pages[0])
    links = browser.execute_script("return [...document.querySelectorAll('tbody a')].map(a => a.getAttribute('href'))")
    assert len(links) == 4
    assert all((pages[0].parent / link).exists() for link in links)
    browser.find_element("css selector", "tbody tr:last-child a").click()
    assert unquote(browser.current_url) == unquote(pages[1].as_uri())
    browser.find_element("css selector", ".up a").click()
    assert browser.current_url == pages[0].as_uri()
