"""From a question of a peer to what its owner sees: who, why, how long, what, and what need not be given."""

from pcloud.features.disclosure.path import ANY, read_path
from pcloud.features.disclosure.request import Wanted
from pcloud.home.vocabulary import in_order
from pcloud.limits import DISCLOSED_MAX
from pcloud.runtime.deciding import refusals
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.giving import views
from pcloud.runtime.giving.questions import Question
from pcloud.runtime.giving.values import is_held, matching, valued
from pcloud.runtime.giving.wording import is_known, label_of, shown, why
from pcloud.runtime.owning import show
from pcloud.runtime.rosters import summary_of


def ask(batch: Batch, question: Question, *, whole: bool) -> views.Ask:
    """A question; `whole` shows also what would be given, which takes a look at many records."""
    scope, asked = question.scope, question.request
    agreement = scope.relationship.agreements.get(asked.agreement)
    terms = "" if agreement is None else agreement.terms
    return views.Ask(
        question.thread.id.hex(),
        scope.id.hex(),
        show.line(scope.contact.name),
        scope.contact.kind,
        show.line(scope.contact.role),
        terms,
        summary_of(terms),
        asked.action,
        list(asked.purposes),
        why(asked.action, asked.purposes),
        question.asked,
        question.ends,
        asked.until,
        asked.standing,
        show.line(asked.onward),
        refusals.total(scope),
        [_wanted(batch, question, each, whole=whole) for each in asked.wanted],
        shown(question.circumstances) if whole else None,
    )


def _wanted(batch: Batch, question: Question, wanted: Wanted, *, whole: bool) -> views.WantedField:
    many = read_path(wanted.path, pattern=True).record == ANY
    item = question.item(wanted)
    found = matching(batch, wanted.path, question.example(wanted) if whole else None)
    values = [valued(batch, path, question.sought(wanted)) for path in found] if whole else []
    there = [value for value in values if value is not None]
    return views.WantedField(
        wanted.path,
        label_of(wanted.path),
        wanted.required,
        bool(there) if whole else bool(found),
        whole
        and bool(found)
        and all(
            is_held(batch, question.scope, path, question.request.until, standing=question.request.standing)
            for path in found
        ),
        is_known(wanted.path),
        in_order(wanted.path, shown(there[0].item)) if there and not many else None,
        found[:DISCLOSED_MAX] if many and whole else [],
        shown(item) if whole else None,
    )
