"""Which language a text is in, by its most common words: enough to tell a language that a model was trained on from others.

Each list has words that are frequent in one language and rare in the others.
"""

import ibis
import ibis.expr.types as ir

from .matches import count_of

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


def language(text: ir.StringValue) -> ir.StringValue:
    """Return a text's language: one of `WORDS`, the first of equals; or `OTHER` or `UNKNOWN`."""
    # Words are set apart by two blanks, so that each has a blank of its own on either side. `\\b` would be one of ASCII letters alone.
    spaced = ibis.literal(" ") + text.lower().re_replace(r"[^\pL']+", "  ") + " "
    counts = {name: count_of(spaced, f" (?:{'|'.join(words.split())}) ") for name, words in WORDS.items()}
    most = ibis.greatest(*counts.values())
    is_foreign_script = 2 * count_of(text, r"\p{Latin}") < count_of(text, r"\pL")
    return ibis.cases(
        (is_foreign_script, OTHER),
        (most == 0, UNKNOWN),
        *((count == most, name) for name, count in counts.items()),
    )
