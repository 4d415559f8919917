"""The content policy of RQ's own pages: the default, and the very styles that stand in their templates.

Each is allowed by its hash, so that no other style works, whatever finds its way into such a page.
"""

import re
from base64 import b64encode
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

import django_rq

_TEMPLATES: Final = Path(django_rq.__file__).parent / "templates" / "django_rq"
_STYLE: Final = re.compile(r"""<style[^>]*>(?P<element>.*?)</style>|\sstyle="(?P<attribute>[^"]*)\"""", re.DOTALL)
_INLINE: Final = "'unsafe-inline'"


@cache
def with_styles(policy: str) -> str:
    """Return the policy with the styles of RQ's templates. One that allows them already stays as it is."""
    directives = {name: sources for name, *sources in map(str.split, filter(str.strip, policy.split(";")))}
    sources = directives.get("style-src", directives.get("default-src"))
    if sources is None or _INLINE in sources:
        return policy
    # Without the keyword, a browser takes hashes for elements alone.
    allowed = [*(one for one in sources if one != "'none'"), "'unsafe-hashes'", *sorted(set(_hashes()))]
    return "; ".join(" ".join([name, *sources]) for name, sources in {**directives, "style-src": allowed}.items())


def _hashes() -> Iterator[str]:
    for path in _TEMPLATES.glob("*.html"):
        for found in _STYLE.finditer(path.read_text()):
            text = found["element"] or found["attribute"] or ""
            yield f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
