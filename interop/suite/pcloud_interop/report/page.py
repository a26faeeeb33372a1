"""The report as one page of HTML that needs nothing beside it."""

from collections import Counter
from collections.abc import Iterator
from html import escape

from pcloud_interop.found import Attacked, Run
from pcloud_interop.report.matrix import attacks, cell, pairs, stories
from pcloud_interop.result import Outcome, Result

STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { border: 1px solid #8888; padding: .3rem .7rem; text-align: left; vertical-align: top; }
.passed { background: #2a72; } .failed { background: #c339; font-weight: bold; }
.known { background: #da53; } .missing { background: #8882; }
code { font-size: .9em; overflow-wrap: anywhere; }
"""


def page(found: Run, made: str) -> str:
    """The page; `made` says when."""
    verdict = "Nothing failed that was not known to fail." if found.good else "Something failed."
    body = "\n".join(
        [
            "<h1>Interoperability</h1>",
            f"<p>{verdict} {len(found.results)} checks, {escape(made)}.</p>",
            *_implementations(found),
            "<h2>Chapters</h2>",
            *_chapters(found),
            *_pairs(found),
            *_attacks(found),
            *_details(found),
        ]
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>Interoperability</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _implementations(found: Run) -> Iterator[str]:
    columns = ("Implementation", "Levels", "Commands", "Profiles claimed", "Earned in this run")
    head = f"<tr>{''.join(f'<th>{each}</th>' for each in columns)}</tr>"
    yield f"<table>{head}"
    for subject in found.subjects:
        known = subject.implementation
        told = [f"{known.name} {known.version}", _listed(known.levels), str(len(known.commands))]
        told += [_listed(known.claimed), _listed(subject.earned())]
        yield f"<tr>{''.join(f'<td>{escape(each)}</td>' for each in told)}</tr>"
    yield "</table>"


def _listed(each: tuple[object, ...]) -> str:
    return ", ".join(map(str, each)) or "none"


def _chapters(found: Run) -> Iterator[str]:
    counts = [subject.chapters() for subject in found.subjects]
    yield f"<table><tr><th>Chapter</th>{_heads(found)}</tr>"
    for name in sorted({chapter for count in counts for chapter in count}):
        cells = "".join(_cell(count.get(name, Counter())) for count in counts)
        yield f"<tr><th>{escape(name)}</th>{cells}</tr>"
    yield "</table>"


def _pairs(found: Run) -> Iterator[str]:
    if not found.told:
        return
    yield f"<h2>Live pairs</h2><table><tr><th>Guest \\ host</th>{_heads(found)}</tr>"
    for subject, row in zip(found.subjects, pairs(found), strict=True):
        yield f"<tr><th>{escape(subject.implementation.name)}</th>{''.join(map(_cell, row))}</tr>"
    yield "</table>"
    names, counts = stories(found)
    heads = "".join(f"<th>{escape(name)}</th>" for name in names)
    yield f"<table><tr><th>Stories of chapter</th>{heads}</tr>"
    for chapter, row in counts.items():
        yield f"<tr><th>{escape(chapter)}</th>{''.join(map(_cell, row))}</tr>"
    yield "</table>"
    told_of = {told.result.check.id: told.result.check for told in found.told}
    yield "<details><summary>The stories</summary><ul>"
    for id_, check in told_of.items():
        yield f"<li>{escape(check.name.replace('-', ' '))} <code>{escape(id_)}</code></li>"
    yield "</ul></details>"


def _attacks(found: Run) -> Iterator[str]:
    yield from (f"<p>{escape(text)}.</p>" for text in found.left_out)
    if not found.attacked:
        return
    names, counts = attacks(found)
    heads = "".join(f"<th>{escape(name)}</th>" for name in names)
    yield f"<h2>Attacks</h2><table><tr><th>Of the hostile peer</th>{heads}</tr>"
    for part, row in counts.items():
        yield f"<tr><th>{escape(part)}</th>{''.join(map(_cell, row))}</tr>"
    yield "</table>"
    yield "<details><summary>The attacks, and what is shown of their refusal</summary><table>"
    columns = ("Attack", "Sent", "Rules", "Refused", "Shown", "Roles", "")
    yield f"<tr>{''.join(f'<th>{each}</th>' for each in columns)}</tr>"
    by_id: dict[str, list[Attacked]] = {}
    for each in found.attacked:
        by_id.setdefault(each.result.check.id, []).append(each)
    for id_, several in by_id.items():
        one = several[0]
        told = [f"<code>{escape(id_)}</code>", escape(one.sent), escape(" ".join(one.result.check.rules))]
        roles = ", ".join(dict.fromkeys(each.role for each in several))
        told += [f"<code>{escape(one.refused)}</code>", escape(one.shows), escape(roles)]
        outcome = _cell(Counter(each.result.outcome for each in several))
        yield f"<tr>{''.join(f'<td>{each}</td>' for each in told)}{outcome}</tr>"
    yield "</table></details>"


def _heads(found: Run) -> str:
    return "".join(f"<th>{escape(subject.implementation.name)}</th>" for subject in found.subjects)


def _cell(counted: Counter[Outcome]) -> str:
    if any(outcome.bad for outcome in counted):
        look = "failed"
    elif Outcome.EXPECTED in counted:
        look = "known"
    elif Outcome.PASSED in counted and Outcome.NOT_IMPLEMENTED not in counted:
        look = "passed"
    else:
        look = "missing"
    return f'<td class="{look}">{escape(cell(counted))}</td>'


def _details(found: Run) -> Iterator[str]:
    names = [subject.implementation.name for subject in found.subjects]
    rows = [(one.implementation.name, result) for one in found.subjects for result in one.results]
    rows += [(f"{names[each.guest]} with {names[each.host]}", each.result) for each in found.told]
    rows += [(f"{names[each.subject]} as {each.role}", each.result) for each in found.attacked]
    for outcome in (Outcome.FAILED, Outcome.UNEXPECTED, Outcome.EXPECTED, Outcome.NOT_IMPLEMENTED):
        listed = [(who, result) for who, result in rows if result.outcome is outcome]
        if listed:
            yield f"<h2>{escape(str(outcome).capitalize())}</h2><table>"
            yield "<tr><th>Check</th><th>With</th><th>Rules</th><th>What was seen</th></tr>"
            yield from (_row(who, result) for who, result in listed)
            yield "</table>"


def _row(who: str, result: Result) -> str:
    told = [f"<code>{escape(result.check.id)}</code>", escape(who)]
    told += [escape(" ".join(result.check.rules)), escape(result.detail)]
    return f"<tr>{''.join(f'<td>{each}</td>' for each in told)}</tr>"
