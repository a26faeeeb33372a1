"""The badge: a picture that says which profile an implementation conforms to, and by what that was shown."""

from html import escape
from typing import Final, NamedTuple

from pcloud_interop.profiles import Judgement

CHARACTER_PX: Final = 7.2
PADDING_PX: Final = 10
ROW_PX: Final = 22


class Shown(NamedTuple):
    """By what a conformance was shown."""

    implementation: str
    version: str
    spec: str
    suite: str
    date: str


def badge(judgement: Judgement, shown: Shown) -> str:
    """The picture, which needs nothing beside it. Only for who conforms."""
    assert judgement.conforms
    profile = judgement.profile
    left, right = "pcloud", f"{profile.title.lower()} · level {max(profile.levels)}"
    below = f"spec {shown.spec}, suite {shown.suite}, {shown.date}"
    first, second = (round(len(text) * CHARACTER_PX) + 2 * PADDING_PX for text in (left, right))
    wide = max(first + second, round(len(below) * CHARACTER_PX * 0.8) + 2 * PADDING_PX)
    title = escape(
        f"{shown.implementation} {shown.version} conforms to the pcloud profile {profile.name}: "
        f"{judgement.passed} checks, {below}"
    )
    middle, last = round(ROW_PX * 0.7), round(ROW_PX * 1.62)
    return f"""<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{2 * ROW_PX}" role="img">
<title>{title}</title>
<rect width="{wide}" height="{2 * ROW_PX}" rx="5" fill="#f4f4f4"/>
<rect width="{first}" height="{ROW_PX}" rx="5" fill="#333"/>
<rect x="{first}" width="{wide - first}" height="{ROW_PX}" rx="5" fill="#1d7a4f"/>
<g font-family="system-ui, sans-serif" font-size="13" fill="#fff">
<text x="{PADDING_PX}" y="{middle}">{escape(left)}</text>
<text x="{first + PADDING_PX}" y="{middle}">{escape(right)}</text>
<text x="{PADDING_PX}" y="{last}" font-size="11" fill="#333">{escape(below)}</text>
</g>
</svg>
"""
