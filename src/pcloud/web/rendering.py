"""Templates into pages: everything shown is escaped, and every text goes through a translation.

The library is loaded when the first page is looked at: a node whose page nobody opens does not pay for it.
"""

import gettext
import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module, resources
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup, escape

from pcloud.web import showing

if TYPE_CHECKING:
    from jinja2 import Environment

LOCALE: Final = "pcloud"
"""The name of the catalogues of texts, one folder for each language (gettext)."""

MEDIA: Final = MappingProxyType(
    {
        ".css": "text/css",
        ".js": "text/javascript",
        ".svg": "image/svg+xml",
        ".webmanifest": "application/manifest+json",
    }
)


def render(template: str, values: Mapping[str, Any], language: str = "en") -> str:
    """A page as HTML."""
    return _environment(language).get_template(template).render(values)


@cache
def static(name: str) -> tuple[bytes, str] | None:
    """A file of the page and its media type; None where there is none of that name."""
    path = PurePosixPath(name)
    if path.name != name or path.suffix not in MEDIA:
        return None
    found = resources.files("pcloud.web") / "static" / name
    return (found.read_bytes(), MEDIA[path.suffix]) if found.is_file() else None


@cache
def _environment(language: str) -> "Environment":
    jinja = import_module("jinja2")
    environment: Environment = jinja.Environment(
        loader=jinja.PackageLoader("pcloud.web"),
        autoescape=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja.StrictUndefined,
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_translations(catalogue(language), newstyle=True)  # type: ignore[attr-defined]  # the extension adds it
    environment.filters.update(showing.FILTERS)
    environment.globals.update(asset=asset, qr=showing.qr, _=_translator(catalogue(language)))
    return environment


def _translator(known: gettext.NullTranslations) -> Callable[..., Markup]:
    """What `_` is in templates. That of the library takes whatever it is given for markup.

    A name that a peer or a file gave to something may get there: it is escaped like everything else.
    """

    def translated(text: str, **values: Any) -> Markup:
        told = escape(known.gettext(text))
        return told % values if values else told

    return translated


@cache
def catalogue(language: str) -> gettext.NullTranslations:
    """The texts of a language; the page's own where there is no translation."""
    with resources.as_file(resources.files("pcloud.web") / "locale") as folder:
        return gettext.translation(LOCALE, folder, [language], fallback=True)


@cache
def asset(name: str) -> Markup:
    """The address of a static file, which changes with its content, so that browsers may keep it."""
    found = static(name)
    assert found is not None, f"no static file {name}"
    return Markup("/static/%s?%s") % (name, hashlib.sha256(found[0]).hexdigest()[:12])
