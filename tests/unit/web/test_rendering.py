"""Templates: what they escape, whatever way a text takes into them."""

from markupsafe import Markup

from pcloud.web.rendering import _environment

EVIL = "<script>alert(1)</script>"


def rendered(template: str, **values: object) -> str:
    return _environment("en").from_string(template).render(values)


def test_a_text_that_is_translated_is_escaped_like_any_other() -> None:
    for template in (
        "{{ _(evil) }}",
        "{{ _('%(evil)s', evil=evil) }}",
        "{% trans %}{{ evil }}{% endtrans %}",
        "{{ ngettext('%(num)s %(evil)s', '%(num)s %(evil)s', 2, evil=evil) }}",
    ):
        told = rendered(template, evil=EVIL)
        assert "<script" not in told, template
        assert "&lt;script&gt;" in told, template


def test_what_was_made_safe_before_stays_as_it_is_within_a_sentence() -> None:
    name = Markup("<bdi>{}</bdi>").format("A & B")
    assert rendered("{{ _('to %(name)s', name=name) }}", name=name) == "to <bdi>A &amp; B</bdi>"


def test_a_text_without_values_may_have_percents() -> None:
    assert rendered("{{ _('100 % of it') }}") == "100 % of it"
