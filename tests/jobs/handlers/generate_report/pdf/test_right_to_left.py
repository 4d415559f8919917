"""Texts that run from right to left, in the order in which a PDF draws them."""

import unicodedata

import pytest
from hypothesis import given, strategies

from jobs.handlers.generate_report.pdf.fonts import part_width, register_fonts, split_by_font, text_width
from jobs.handlers.generate_report.pdf.right_to_left import to_visual_order


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("Plain text (1)", "Plain text (1)"),
        ("שלום", "םולש"),
        ("שלום (עולם)", "(םלוע) םולש"),
        ("שלום 2025 abc", "abc 2025 םולש"),
        ("Town: שלום עולם!", "Town: םלוע םולש!"),
    ],
)
def test_it_works(text: str, drawn: str) -> None:
    assert to_visual_order(text) == drawn


def test_arabic_letters_join() -> None:
    names = [unicodedata.name(letter).rsplit(" ", 2)[-2:] for letter in reversed(to_visual_order("مرحبا"))]
    forms = [" ".join(name) for name in names]
    assert forms == ["INITIAL FORM", "FINAL FORM", "INITIAL FORM", "MEDIAL FORM", "FINAL FORM"]


@given(text=strategies.text(max_size=80))
def test_any_text_has_a_font_for_each_part(text: str) -> None:
    register_fonts()
    parts = list(split_by_font(text))
    assert text_width(text, 9) == pytest.approx(sum(part_width(part, font, 9) for font, part in parts))
    assert all("\n" not in part and "\t" not in part for _, part in parts)
