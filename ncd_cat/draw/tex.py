r"""Names as TeX: letters in italics, marks over them as accents, everything that TeX would read as its own written as text.

What a name may hold is Unicode; what TeX's first fonts have is little of it.  A letter that they have not is written by its
number.  Source: D. Knuth, The TeXbook, 1984.

>>> mathematics("x̄ + d_k"), prose("50% of {h}")
('\\bar{x}+\\mathit{d\\_k}', '50\\% of \\{h\\}')
"""

from __future__ import annotations

import re
import unicodedata

NAMES = (
    "alpha beta gamma delta varepsilon zeta eta theta iota kappa lambda mu "
    "nu xi o pi rho varsigma sigma tau upsilon varphi chi psi omega"
)
CAPITALS = dict(zip("ΓΔΘΛΞΠΣΥΦΨΩ", "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega".split(), strict=True))
GREEK = {c: rf"\{name}" for c, name in [*CAPITALS.items(), *[(chr(0x3B1 + k), n) for k, n in enumerate(NAMES.split())], ("ϵ", "epsilon")]}
SIGNS = {
    "ο": "o", "×": r"\times", "·": r"\cdot", "∗": r"\ast", "*": r"\ast", "−": "-", "∂": r"\partial", "∇": r"\nabla", "∞": r"\infty",
    "√": r"\sqrt{\ }", "∑": r"\Sigma", "∏": r"\Pi", "∫": r"\int", "≤": r"\leq", "≥": r"\geq", "≠": r"\neq", "≡": r"\equiv", "≅": r"\cong",
    "→": r"\rightarrow", "←": r"\leftarrow", "↦": r"\mapsto", "⊗": r"\otimes", "⊕": r"\oplus", "⊙": r"\odot", "∘": r"\circ", "∈": r"\in",
    "…": r"\ldots", "′": r"{}^{\prime}", "★": r"\star", "⋆": r"\star", "⟨": r"\langle", "⟩": r"\rangle", "⌊": r"\lfloor", "⌋": r"\rfloor",
    "⌈": r"\lceil", "⌉": r"\rceil", "½": r"\frac{1}{2}", "±": r"\pm", "÷": r"\div", "ℓ": r"\ell", "¬": r"\neg", "∧": r"\wedge",
    "∨": r"\vee", "\\": r"\backslash", "<": "<", ">": ">", "|": "|", "^": r"\wedge", "~": r"\sim", "'": r"{}^{\prime}",
    '"': r"{}^{\prime\prime}", "𝔼": r"\mathbb{E}", "ı": r"\imath", "ᵀ": r"\top",
    "↻": r"\circlearrowright", "↺": r"\circlearrowleft",
}  # fmt: skip
ACCENTS = {
    "\u0304": "bar", "\u0305": "bar", "\u0302": "hat", "\u0303": "tilde", "\u0307": "dot", "\u0308": "ddot", "\u0301": "acute",
    "\u0300": "grave", "\u030c": "check", "\u0306": "breve", "\u20d7": "vec",
}  # fmt: skip
MARKED = 4  # marks over one letter
SPECIAL = "#$%&_{}"
PLAIN = "0123456789+-=/.,:;!?()[]@"
RAISED, LOWERED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "₀₁₂₃₄₅₆₇₈₉"
DIGITS = str.maketrans(RAISED + LOWERED, "0123456789-+0123456789")
MARK = r"[\u0300-\u036f\u20d0-\u20ff]"
CLUSTER = re.compile(rf"[A-Za-z](?:[A-Za-z]|_(?=[A-Za-z0-9]))+(?!{MARK})|[{RAISED}]+|[{LOWERED}]+|.{MARK}*", re.DOTALL)


def mathematics(text: str) -> str:
    """A name, or a size, inside of formulas: words and letters in italics, numbers upright."""
    spaced = re.sub(r"\s*([+=])\s*", r"\1", _clean(text))
    found = _joined([_piece(piece) for piece in CLUSTER.findall(spaced)])
    return re.sub(r"\\sqrt\{\\ \}([A-Za-z0-9])", r"\\sqrt{\1}", found)


def prose(text: str) -> str:
    """A text outside of formulas."""
    found = []
    for piece in CLUSTER.findall(_clean(text)):
        known = all(c.isascii() and (c.isalnum() or c in f"{PLAIN}#%&_{{}} '") for c in piece)
        found.append("".join(rf"\{c}" if c in SPECIAL else c for c in piece) if known else rf"\({_piece(piece)}\)")
    return "".join(found)


def simple(text: str) -> bool:
    """Whether every letter has a TeX of its own, which Matplotlib's knows too."""
    return not re.search(r"\\mathtt|&", mathematics(text))


def _clean(text: str) -> str:
    return unicodedata.normalize("NFD", "".join(c if c.isprintable() else " " for c in text)).replace("=\u0338", "≠")


def _joined(pieces: list[str]) -> str:
    """Pieces after one another; a command that ends in a letter is kept apart from a letter after it."""
    found = ""
    for piece in pieces:
        apart = piece[:1].isalpha() and re.search(r"\\[A-Za-z]+$", found) is not None
        found += " " + piece if apart else piece
    return found


def _piece(piece: str) -> str:
    base, marks = piece[0], piece[1:]
    if base in RAISED + LOWERED:
        return f"{{}}{'^' if base in RAISED else '_'}{{{piece.translate(DIGITS)}}}"
    if marks and marks[0].isascii():
        return r"\mathit{" + piece.replace("_", r"\_") + "}"
    found = _letter(base)
    for mark in marks[:MARKED]:
        found = rf"\{ACCENTS[mark]}{{{found}}}" if mark in ACCENTS else found + _numbered(mark)
    return found


def _letter(c: str) -> str:
    if c == " ":
        return r"\ "
    if c in SPECIAL:
        return rf"\{c}"
    if (c.isascii() and c.isalpha()) or c in PLAIN:
        return c
    return SIGNS.get(c) or GREEK.get(c) or _numbered(c)


def _numbered(c: str) -> str:
    return rf"\mathtt{{U{ord(c):04X}}}"
