"""No slide of any chapter is higher or wider than the slide, and without a network they stand below each other."""

from pathlib import Path

import pytest
from tools import form

from nnlib import classroom

CHAPTERS = [path for path in form.chapters(Path(__file__).parents[2] / "notebooks") if not form.is_appendix(path)]
# What is cut off is found too: code wider than its box, and words wider than the slide.
SLIDES = """() => [...document.querySelectorAll(".slides section section")].map(slide => ({
    text: slide.innerText.slice(0, 80),
    height: slide.getBoundingClientRect().height,
    over: Math.max(0, slide.scrollWidth - slide.clientWidth,
                   ...[...slide.querySelectorAll("pre")].map(code => code.scrollWidth - code.clientWidth)),
    pictures: [...slide.querySelectorAll("img")].every(image => image.naturalWidth > 0 && image.alt),
}))"""
BORDER = 2  # around each slide where they stand below each other


def measured(page, path, folder, style=""):
    file = folder / f"{path.stem}.slides.html"
    file.write_text(classroom.slides(path).replace("</head>", style + "</head>"), encoding="utf-8")
    page.goto(file.as_uri(), wait_until="load")
    return page.evaluate(SLIDES)


@pytest.fixture
def page(chromium):
    """A page of a projector's size that reaches files and nothing else."""
    context = chromium.browser.new_context(viewport={"width": classroom.WIDTH, "height": classroom.HEIGHT})
    context.route("**/*", lambda route: route.continue_() if route.request.url.startswith("file:") else route.abort())
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_every_slide_fits(page, path, tmp_path):
    slides = measured(page, path, tmp_path)
    assert len(slides) == len(classroom.pages(classroom.shipped(path)))
    assert [s for s in slides if s["height"] > classroom.HEIGHT + BORDER or s["over"]] == []
    assert all(slide["pictures"] for slide in slides)


def test_a_slide_that_is_too_high_or_too_wide_is_seen(page, tmp_path):
    large = "<style>.reveal .slides section p { font-size: 120px !important; }</style>"
    assert any(s["height"] > classroom.HEIGHT + BORDER for s in measured(page, CHAPTERS[5], tmp_path, large))
    wide = "<style>.reveal .slides section pre { font-size: 60px !important; }</style>"
    assert any(s["over"] for s in measured(page, CHAPTERS[5], tmp_path, wide))
