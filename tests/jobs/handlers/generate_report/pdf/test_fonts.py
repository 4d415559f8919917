"""The fonts of a PDF: each character is drawn in one that has it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.handlers.generate_report.pdf.fonts import split_by_font

CODECS = {"STSong-Light": ("gbk",), "HeiseiKakuGo-W5": ("cp932", "shift_jis"), "HYGothic-Medium": ("cp949",)}
# The codecs of Japan read these otherwise than they write them.
_ONE_WAY = "¢£¥¬‖‾−〜"
ASIAN = st.sampled_from(sorted({codec for codecs in CODECS.values() for codec in codecs})).flatmap(
    lambda codec: st.text(
        st.characters(
            codec=codec,
            exclude_categories=("Cc", "Cf", "Mn", "Zl", "Zp", "Co"),
            exclude_characters=_ONE_WAY,
        ),
        max_size=12,
    )
)


@pytest.mark.parametrize(
    ("text", "fonts"),
    [
        ("Größe", ["Report"]),
        ("北京（总计）：１２３，！", ["STSong-Light"]),
        ("「東京」の売上〜ｶﾅ・％", ["HeiseiKakuGo-W5"]),
        ("서울（合計）", ["HYGothic-Medium"]),
        ("￥100", ["STSong-Light", "Report"]),
        ("☀", ["Report-Others"]),
    ],
)
def test_it_works(text: str, fonts: list[str]) -> None:
    parts = list(split_by_font(text))
    assert "".join(part for _, part in parts) == text
    assert [font for font, _ in parts] == fonts


@given(text=ASIAN)
def test_a_font_of_the_readers_has_what_is_drawn_in_it(text: str) -> None:
    for font, part in split_by_font(text):
        if font in CODECS:
            assert all(any(character.encode(codec, "ignore") for codec in CODECS[font]) for character in part)
        else:
            assert "?" not in part or "?" in text
