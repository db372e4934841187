"""Values that stand in the place of a value: what programs write where they have nothing to say.

JavaScript, Java, Swift, Python and numeric code print nothing as `undefined`, `null`, `nil`, `None` and `nan`.
The nil UUID is what iOS gives for an advertising id that may not be read. `{{x}}`, `%%X%%`, `__X__` and `${x}` are
templates nobody filled in. Two people who both carry one of them are not the same person.
"""

import re

_WORDS = frozenset(
    {"undefined", "null", "nil", "none", "nan", "0", "nulluuid", "[object object]", "optional(nil)"}
    | {"00000000-0000-0000-0000-000000000000", "00000000000000000000000000000000"}
)
_TEMPLATE = re.compile(r"\{\{.*\}\}|%%.+%%|__[A-Za-z0-9_]+__|\$\{.*\}|\{%.*%\}|<%.*%>", re.DOTALL)
_TEMPLATE_STARTS = frozenset("{%_$<")
_WRAPPERS = "()[]<>{}\"'"
_LONGEST_WORD = 40
# what a placeholder can begin with: nearly every text of a sound request is done with after one look
_STARTS = frozenset(_WRAPPERS) | _TEMPLATE_STARTS | {start for word in _WORDS for start in (word[0], word[0].upper())}
_NUMBERS = frozenset({"0", "nan"})


def is_placeholder(text: str) -> bool:
    """Whether the text, without blanks around it, says nothing: in any case, and in brackets or quotes, too."""
    if text[:1] not in _STARTS:
        return False
    if len(text) <= _LONGEST_WORD:
        word = text.lower()
        if word in _WORDS or (word[0] in _WRAPPERS and word.strip(_WRAPPERS) in _WORDS):
            return True
    return text[:1] in _TEMPLATE_STARTS and _TEMPLATE.fullmatch(text) is not None


def is_word_for_nothing(text: str) -> bool:
    """The same where a number, a time or a code is expected: 0 is one, and NaN an error to be told of."""
    return is_placeholder(text) and text.lower() not in _NUMBERS
