"""Which language a text is in, by its most common words: enough to tell a language that a model was trained on from others.

Each list has words that are frequent in one language and rare in the others.
"""

import ibis
import ibis.expr.types as ir

UNKNOWN, OTHER = "unknown", "other"
"""No common word of any of the languages; letters that are not Latin."""

WORDS = {
    "en": "the and is it this that was have with for not of you are they my but i've i'm it's we at be very good great love like as from so just",
    "de": "der das und ist ich nicht ein eine mit auf für sehr aber den dem war es zu von auch wir mein habe",
    "es": "el los las una que por con para es muy pero este está no más mi lo del se como y",
    "fr": "le les une est je et pas des très que pour dans il elle ce cette mais avec du au sont j'ai",
    "it": "il gli che è non una per molto ma con questo questi sono di ho li anche della",
    "pt": "o os uma que não é muito mas com para foi este isso do da em e mais",
}
"""Common words, by language (ISO 639-1)."""


READ = 400
"""A text's first characters, so many, tell its language."""


def language(text: ir.StringValue) -> ir.StringValue:
    """Return a text's language: the one of `WORDS` with most of its common words, the first of equals; or `OTHER` or `UNKNOWN`."""
    beginning = text.substr(0, READ)
    words = beginning.lower().re_replace(r"[^\pL']+", " ").split(" ")
    counts = {name: words.intersect(ibis.array(common.split())).length() for name, common in WORDS.items()}
    most = ibis.greatest(*counts.values())
    is_foreign_script = 2 * beginning.re_replace(r"\P{Latin}+", "").length() < beginning.re_replace(r"\PL+", "").length()
    return ibis.cases(
        (is_foreign_script, OTHER),
        (most == 0, UNKNOWN),
        *((count == most, name) for name, count in counts.items()),
    )
