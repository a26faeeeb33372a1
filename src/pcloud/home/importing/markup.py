"""What a mail's HTML says to machines: JSON-LD in scripts, and microdata in attributes.

Why an own reader and not a library: mail is written by anybody, and time has to grow with size only. For
200,000 nested elements lexbor takes 7.7 s, as the standard's way to build a tree does; the `html.parser` of
Python 3.11 takes 25 s for 160 KB of `<!--`, and a minute for 60 KB of `<a `. This one builds no tree, keeps
only elements that microdata stands in, and ends where a tag, a script or a comment has no end, as the
standard says. Nothing is fetched, and no entity is defined by the text: only the standard's own are expanded.
"""

import html
import re
from collections.abc import Iterator
from typing import Any, Final

OPEN_MAX: Final = 64
"""Elements with microdata that may stand in each other."""
TEXT_CHARS_MAX: Final = 4_096
"""Of one property's text."""
THINGS_MAX: Final = 1_000
"""Scripts and top items of one page; and properties of one item."""

_TAG: Final = re.compile(r"</?([a-zA-Z][^\s/>]*+)")
_ATTRIBUTE: Final = re.compile(
    r"""[\s/]*+(?:(>)|([^\s/>][^\s/>=]*+)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>][^\s>]*+)?+))?+)"""
)
_RAW: Final = {
    name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE)
    for name in ("script", "style", "textarea", "title", "iframe", "xmp", "noembed", "noframes")
}
"""Elements whose content is text up to their own end."""
_VOID: Final = frozenset(
    "area base br col embed hr img input link meta param source track wbr".split()  # noqa: SIM905 - a list of words
)
_WANTED: Final = frozenset(
    ("type", "itemscope", "itemprop", "itemtype", "itemid", "content", "href", "src", "datetime", "value")
)
_VALUES: Final = {
    "meta": "content",
    "link": "href",
    "a": "href",
    "area": "href",
    "img": "src",
    "iframe": "src",
    "embed": "src",
    "source": "src",
    "time": "datetime",
    "data": "value",
    "meter": "value",
}
"""Which attribute holds the value of a property, by element (HTML standard, microdata)."""


class _Element:
    """An open element with microdata: a scope, a property, or both."""

    def __init__(self, name: str, item: dict[str, Any] | None, props: list[str]) -> None:
        self.name = name
        self.item = item
        self.props = props
        self.same = 1
        """Open elements of this name from this one on."""
        self.text: list[str] = []
        self.room = TEXT_CHARS_MAX if props and item is None else 0


def told(page: str) -> Iterator[str | dict[str, Any]]:
    """What a page tells: the text of each JSON-LD script, and each top item of microdata as a map."""
    reader = _Reader(page)
    for _ in range(THINGS_MAX):
        one = reader.next()
        if one is None:
            return
        yield one


class _Reader:
    """One page, read once from the beginning to the end."""

    def __init__(self, page: str) -> None:
        self.page = page
        self.at = 0
        self.open: list[_Element] = []

    def next(self) -> str | dict[str, Any] | None:
        """The next thing that the page tells; None at its end."""
        page = self.page
        while (start := page.find("<", self.at)) >= 0:
            if self.open:
                self.hear(page[self.at : start])
            tag = _TAG.match(page, start)
            if tag is None:
                self.at = self.beyond(start)
                continue
            attributes = self.attributes(tag.end())
            if attributes is None:
                break
            name = tag[1].lower()
            done = self.tag(name, attributes, ends=page[start + 1] == "/")
            if done is not None:
                return done
        self.at = len(page)
        while self.open:
            last = self.close()
            if last is not None:
                return last
        return None

    def tag(self, name: str, attributes: dict[str, str], *, ends: bool) -> str | dict[str, Any] | None:
        """What a tag makes whole: a script, or an item that ends."""
        if ends:
            return self.end(name)
        if name in _RAW:
            return self.raw(name, attributes)
        self.begin(name, attributes)
        return None

    def beyond(self, start: int) -> int:
        """Where what is no tag ends: a comment, a declaration, or a mere sign."""
        page = self.page
        if page.startswith("<!--", start):
            end = page.find("-->", start + 2)
            return len(page) if end < 0 else end + 3
        if page[start + 1 : start + 2] in {"!", "?", "/"}:
            end = page.find(">", start)
            return len(page) if end < 0 else end + 1
        return start + 1

    def attributes(self, at: int) -> dict[str, str] | None:
        """Read a tag to its end; None where it has none."""
        found: dict[str, str] = {}
        while (one := _ATTRIBUTE.match(self.page, at)) is not None:
            at = one.end()
            if one[1]:
                self.at = at
                return found
            name = one[2].lower() if len(one[2]) < TEXT_CHARS_MAX else ""
            if name in _WANTED and name not in found:
                found[name] = html.unescape((one[3] or one[4] or one[5] or "")[:TEXT_CHARS_MAX])
        return None

    def raw(self, name: str, attributes: dict[str, str]) -> str | None:
        end = _RAW[name].search(self.page, self.at)
        start, self.at = self.at, len(self.page) if end is None else end.start()
        kind = attributes.get("type", "").partition(";")[0].strip().lower()
        if name == "script" and kind == "application/ld+json":
            return self.page[start : self.at]
        return None

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        props = attributes.get("itemprop", "").split()[:OPEN_MAX]
        scope = "itemscope" in attributes
        if not scope and not props:
            for element in reversed(self.open):
                if element.name == name and name not in _VOID:
                    element.same += 1
                    break
            return
        item = _item(attributes) if scope else None
        if props and item is None and name in _VALUES and _VALUES[name] in attributes:
            self.add(props, attributes[_VALUES[name]])
            props = []
        elif props and item is None and "content" in attributes:
            self.add(props, attributes["content"])
            props = []
        if name not in _VOID and len(self.open) < OPEN_MAX:
            self.open.append(_Element(name, item, props))

    def end(self, name: str) -> dict[str, Any] | None:
        """Close what ends here, and all that stands in it without an end. Gives a top item that is whole."""
        for place in range(len(self.open) - 1, -1, -1):
            element = self.open[place]
            if element.name == name:
                element.same -= 1
                if element.same:
                    return None
                whole = None
                while len(self.open) > place:
                    whole = self.close() or whole
                return whole
        return None

    def close(self) -> dict[str, Any] | None:
        element = self.open.pop()
        if element.item is None:
            if element.props:
                self.add(element.props, " ".join("".join(element.text).split()))
            return None
        if element.props and any(one.item is not None for one in self.open):
            # At its first name alone: items at two names each would be read 2^64 times
            self.add(element.props[:1], element.item)
            return None
        return element.item

    def add(self, props: list[str], value: Any) -> None:
        """Put a value into the item around it. What is said twice becomes a list."""
        item = next((one.item for one in reversed(self.open) if one.item is not None), None)
        if item is None:
            return
        for name in props:
            if name not in item:
                if len(item) < THINGS_MAX:
                    item[name] = value
            elif isinstance(item[name], list):
                if len(item[name]) < THINGS_MAX:
                    item[name].append(value)
            else:
                item[name] = [item[name], value]

    def hear(self, text: str) -> None:
        for element in self.open:
            if element.room > 0:
                heard = text[: element.room]
                element.room -= len(heard)
                element.text.append(html.unescape(heard))


def _item(attributes: dict[str, str]) -> dict[str, Any]:
    types = attributes.get("itemtype", "").split()
    item: dict[str, Any] = {"@type": types[0]} if types else {}
    if attributes.get("itemid"):
        item["@id"] = attributes["itemid"]
    return item
