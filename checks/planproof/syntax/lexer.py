"""The tokens of the native syntax, as expressions that match at an offset.

There is no list of tokens: the parser asks for what may stand where it is, and a string, a heredoc or an interpolation needs no mode
of its own. Where newlines end an expression, what is passed over is blanks and `/* */`; within brackets it is newlines and all
comments too (`Tokens` has each expression in both forms). The rules are those of the HCL native syntax specification.

No expression here can go back over a text more than once: what repeats begins with what nothing before it can end with.
"""

from __future__ import annotations

import re
from functools import lru_cache

# Letters and digits beyond ASCII are a superset of Unicode's identifiers: the ranges of XML 1.0's names.
_BEYOND = "\u00aa\u00b5\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u1fff\u200c\u200d\u203f\u2040\u2070-\u218f\u2c00-\u2fef\u3005-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U0001efff\U00020000-\U000effff"
IDENTIFIER = f"[A-Za-z_{_BEYOND}][A-Za-z0-9_{_BEYOND}-]*"
_WORD_ENDS = f"(?![A-Za-z0-9_{_BEYOND}-])"
_LINE_COMMENT = r"(?:#|//)[^\n]*(?:\n|\Z)"
_COMMENT = r"/\*[^*]*\*+(?:[^/*][^*]*\*+)*/"
COMMENTS = f"{_LINE_COMMENT}|{_COMMENT}"
BLANKS = rf"[ \t]*(?:{_COMMENT}[ \t]*)*"
SPACE = rf"[ \t\r\n]*(?:(?:{COMMENTS})[ \t\r\n]*)*"
_NEWLINE = rf"(?:{_LINE_COMMENT}|\r?\n|\Z)"
_PLAIN = r'[^"\\$%\r\n]*'  # of a string that is what it says

ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


class Tokens:
    """What may stand in an expression, after what is passed over: each is a compiled expression's `match`."""

    __slots__ = ("arrow", "call", "colon", "condition", "ellipsis", "operator", "over", "step", "term")

    def __init__(self, over: str) -> None:
        def token(text: str) -> re.Pattern[str]:
            return re.compile(over + text)

        self.over = token("").match
        self.term = token(
            rf"(?:(?P<name>{IDENTIFIER}(?:\.{IDENTIFIER})*)|\"(?P<plain>{_PLAIN})\""
            r"|(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?![\w]|\.[0-9])|(?P<mark>[\"\[({!-]|<<))"
        ).match
        self.call = token(rf"((?:[ \t]*::[ \t]*{IDENTIFIER})*){over}\(").match
        self.step = token(
            rf"(?:\.{over}(?:(?P<attribute>{IDENTIFIER})|(?P<index>[0-9]+)|(?P<star>\*))"
            rf"|(?P<full>\[{over}\*{over}\])|(?P<open>\[))"
        ).match
        self.operator = token(r"(\|\||&&|==|!=|<=|>=|[-<>+*%?]|/(?![/*]))").match
        self.colon = token(":").match
        self.arrow = token("=>").match
        self.ellipsis = token(r"\.\.\.").match
        self.condition = token("if" + _WORD_ENDS).match


LINE = Tokens(BLANKS)  # a newline ends the expression
WIDE = Tokens(SPACE)  # within brackets

# Of a body.
simple = re.compile(
    rf'[ \t\r\n]*({IDENTIFIER})[ \t]*=[ \t]*(?:"({_PLAIN})"|({IDENTIFIER}(?:\.{IDENTIFIER})*)|([0-9]+))(?=[ \t]*\r?\n)'
).match
item = re.compile(
    rf'{SPACE}(?:(?P<name>{IDENTIFIER}){BLANKS}(?P<mark>=(?![=>])|(?=["{{A-Za-z_{_BEYOND}]))|(?P<close>\}})|(?P<end>\Z))'
).match
label = re.compile(rf'{BLANKS}(?:"(?P<plain>{_PLAIN})"|(?P<name>{IDENTIFIER})|(?P<quote>")|(?P<open>\{{))').match
opened = re.compile(rf"{BLANKS}(?:{_NEWLINE}|(?=\}}))").match
newline = re.compile(BLANKS + _NEWLINE).match
closing_brace = re.compile(BLANKS + r"\}").match

# Of an object, a tuple, a call and a `for`.
entry = re.compile(rf"{SPACE}(?:(?:\"({_PLAIN})\"|({IDENTIFIER})){BLANKS}(?:=(?![=>])|:(?!:))|(\}}))").match
assignment = re.compile(BLANKS + "[=:](?![=>:])").match
separator = re.compile(rf"{BLANKS}(?:,|{_NEWLINE}|(?=\}}))").match
comma = re.compile(SPACE + ",").match
closers = {bracket: re.compile(SPACE + re.escape(bracket)).match for bracket in (")", "]", "}")}
introduction = re.compile(rf"{SPACE}for{_WORD_ENDS}").match
names = re.compile(rf"{SPACE}({IDENTIFIER})(?:{SPACE},{SPACE}({IDENTIFIER}))?{SPACE}in{_WORD_ENDS}").match

# Of a template. A literal of a heredoc ends with its line, as `~` and `<<-` look at no more than that.
quoted_part = re.compile(
    r'(?P<close>")|(?P<open>[$%]\{~?)'
    r'|(?P<literal>(?:[^"\\$%\r\n]+|\\(?:[nrt"\\]|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8})|\$\$\{|%%\{|[$%](?!\{))+)'
).match
_LINE_LITERAL = r"(?P<open>[$%]\{~?)|(?P<literal>(?:[^$%\n]+|\$\$\{|%%\{|[$%](?!\{))+\n?|\n)"
bare_part = re.compile(r"(?P<close>\Z)|" + _LINE_LITERAL).match
interpolation_end = re.compile(SPACE + r"(~?)\}").match
directive = re.compile(rf"{SPACE}(if|for|else|endif|endfor){_WORD_ENDS}").match
heredoc = re.compile(rf"<<(-?)({IDENTIFIER})\r?\n").match
doubled = re.compile(r"[$%](?P<doubled>[$%]\{)")
escape = re.compile(r"\\(?:u(?P<short>[0-9A-Fa-f]{4})|U(?P<long>[0-9A-Fa-f]{8})|(?P<simple>.))|" + doubled.pattern)


@lru_cache(64)
def heredoc_part(marker: str) -> re.Pattern[str]:
    """The parts of a heredoc: a line that holds only the marker closes it."""
    return re.compile(rf"(?P<close>^[ \t]*{re.escape(marker)}(?=[ \t]*\r?\n))|" + _LINE_LITERAL, re.MULTILINE)
