"""Texts in the encodings that were usual before UTF-8."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.data.datasets.failures import Unreadable
from jobs.data.datasets.ingest.asian_encodings import asian_encoding
from jobs.data.datasets.ingest.encoding import as_utf8
from tests.jobs.data.datasets.reading import read, rows_of


def characters(codec: str, first: range, second: range = range(0xA1, 0xFF)) -> list[str]:
    """List the characters of a standard whose two bytes are in these ranges."""
    pairs = (bytes([one, two]) for one in first for two in second)
    return [text for pair in pairs if len(text := pair.decode(codec, "ignore")) == 1]


KANA = characters("euc_jp", range(0xA4, 0xA6))
JAPANESE = [*KANA, *KANA, *characters("euc_jp", range(0xB0, 0xD0))[:300]]
WORDS: dict[str, list[str]] = {
    "cp932": JAPANESE,
    "euc_jp": JAPANESE,
    "gb18030": characters("gb2312", range(0xB0, 0xD8)),
    "big5": characters("big5", range(0xA4, 0xC7), range(0x40, 0x7F)),
    "cp949": characters("euc_kr", range(0xB0, 0xC9)),
}
# Alone, the other characters may be those of another language: their bytes are the same.
TELLING = {"cp932": "の", "euc_jp": "の", "gb18030": "中", "big5": "", "cp949": ""}
NAMES = {"cp932": "Shift-JIS", "euc_jp": "EUC-JP", "gb18030": "GB18030", "big5": "Big5", "cp949": "EUC-KR"}


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, list[str]]:
    codec = draw(st.sampled_from(list(WORDS)))
    word = st.text(st.sampled_from(WORDS[codec]), min_size=2, max_size=6).map(lambda text: text + TELLING[codec])
    return codec, draw(st.lists(word, min_size=8, max_size=20))


@settings(deadline=None, max_examples=30)
@given(tables(), st.sampled_from(",;\t"))
def test_it_works(table: tuple[str, list[str]], delimiter: str) -> None:
    codec, words = table
    text = "\r\n".join([f"name{delimiter}n", *(f"{word}{delimiter}{at}" for at, word in enumerate(words))])
    notes: list[str] = []
    with TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        path.write_bytes(text.encode(codec))
        assert as_utf8(path, path.with_name("utf8"), notes).read_bytes().decode() == text
    [note] = notes
    assert note.startswith("The text is not UTF-8 (byte ") and note.endswith(f"; it was read as {NAMES[codec]}")


def test_a_table_is_read(tmp_path: Path) -> None:
    done = read(tmp_path, "名前,値段\nソース,100\n表示価格,200\n".encode("cp932"))
    assert rows_of(done) == [("ソース", 100), ("表示価格", 200)]


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        ("Müller,Größe\nÄpfel,5 €\nSÃO PAULO,AÇÚCAR", "cp1252"),
        ("don’t,“Hello”\nit’s – a • test…", "cp1252"),
        ("créées,été\nÀ la carte,naïve", "latin-1"),
        ("Łódź,zażółć\ngęślą,jaźń", "cp1250"),
        ("имя,цена\nяблоко,1\nгруша и слива,2", "cp1251"),
        ("имя,цена\nяблоко,1\nгруша и слива,2", "koi8_r"),
        ("όνομα,τιμή\nμήλο,1\nΑθήνα,2", "cp1253"),
        ("שלום,עולם\nשם,מחיר", "cp1255"),
        ("اسم,سعر\nتفاح,1\nمرحبا بالعالم,2", "cp1256"),
    ],
)
def test_other_texts_are_none_of_east_asia(text: str, codec: str) -> None:
    assert asian_encoding(text.encode(codec)) is None


@settings(deadline=None)
@given(
    st.lists(st.text(st.characters(codec="cp1252", categories=("L", "Zs", "Nd", "Po", "Sc")), max_size=8), min_size=3)
)
def test_western_words_are_none_of_east_asia(words: list[str]) -> None:
    # Each with a letter that stands alone, as nearly all do in such texts.
    assert asian_encoding("\n".join(f"{word} né,n" for word in words).encode("cp1252")) is None


def test_a_broken_byte_in_utf8_is_still_told(tmp_path: Path) -> None:
    for text in ("名称,价格\n苹果和梨子,1\n", "Größe,Übermaß\nÄöü,1\n", "имя,цена\nяблоко,1\n"):
        with pytest.raises(Unreadable, match="The text is not UTF-8 at byte"):
            read(tmp_path, text.encode() + b"x\xe4,2\n")
