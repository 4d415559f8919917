"""Say in one sentence how good a model is, beside a baseline that uses no column."""

from jobs.handlers.process_data.learning.report.style import format_share, format_short, shorten

_MAX_NAME = 60
_FEW_ROWS = 100
_HARDLY, _NOTHING = 0.1, 0.005
_CLEAR, _VISIBLE = 0.5, 0.25


def judge_classes(
    accuracy: float,
    baseline: float,
    *,
    rows: int,
    commonest: object,
    ranking: tuple[float | None, float | None] = (None, None),
) -> str:
    """Judge by the share of test rows that are right. ``ranking``: average precision of the model and by chance."""
    always = f"always answering '{shorten(commonest, _MAX_NAME)}'"
    right, right_always, of = _cases(accuracy, baseline, rows)
    if accuracy > baseline:
        return f"Right in {right} of {of}; {always} would be right in {right_always}."
    if accuracy < baseline:
        return f"Worse than guessing: right in {right} of {of}; {always} would be right in {right_always}."
    precision, by_chance = ranking
    if precision is not None and by_chance is not None and precision > 1.5 * by_chance:
        return (
            f"Right in {right} of {of}, as {always} would be; but its probabilities tell the classes apart: "
            f"average precision {_two(precision)}, by chance {_two(by_chance)}."
        )
    return f"No better than guessing: right in {right} of {of}, as {always} would be."


def judge_balanced_classes(balanced: float, baseline: float) -> str:
    """Judge by the mean share of each class's rows that are found, as ``balanced_accuracy`` optimises it."""
    found, found_always, of = _cases(balanced, baseline, _FEW_ROWS)
    text = f"finds {found} of {of} of each class on average; always giving the same answer would find {found_always}."
    if balanced > baseline:
        return text[0].upper() + text[1:]
    return f"{'No better' if balanced == baseline else 'Worse'} than guessing: {text}"


def judge_numbers(
    r2: float | None, error: float | None, baseline_error: float | None, target: str, unit: str = ""
) -> str:
    """Judge by R², and by the mean absolute error beside that of always answering the mean."""
    off, off_mean = (f"{_short(value)} {unit}".rstrip() for value in (error, baseline_error))
    errors = f"it is off by {off} on average; always answering the mean would be off by {off_mean}."
    if r2 is None:
        return f"The test has too few rows for R²: {errors}"
    shown = f"R² {_two(r2)}"
    if r2 < -_NOTHING:
        return f"Worse than guessing: {shown}; {errors}"
    if r2 < _HARDLY:
        return f"{'No' if r2 < _NOTHING else 'Hardly'} better than guessing: {shown}; {errors}"
    explained = "more than 99 %" if 0.99 < r2 < 1 else format_share(r2)
    return f"Explains {explained} of the differences in '{shorten(target, _MAX_NAME)}' ({shown}): {errors}"


def judge_clusters(clusters: int, silhouette: float | None, baseline: float | None) -> str:
    """Judge by the silhouette, beside that of the same clusters with their rows shuffled."""
    if silhouette is None:
        return f"{clusters:,} clusters; too few rows to say how far they are apart."
    how = "clearly apart" if silhouette >= _CLEAR else "apart, with overlaps" if silhouette >= _VISIBLE else ""
    shown = f"silhouette {_two(silhouette)}, with shuffled rows {_two(baseline)}"
    if not how or (baseline is not None and silhouette <= baseline):
        return f"{clusters:,} clusters that are hardly apart: the rows form no clear groups ({shown})."
    return f"{clusters:,} clusters that are {how} ({shown})."


def judge_anomalies(
    marked: int,
    rows: int,
    *,
    known: int | None = None,
    recall: float | None = None,
    chance: float | None = None,
) -> str:
    """Judge by the known anomalies that are among those marked; without any, say what the mark means."""
    share = f"{marked:,} of {rows:,} rows ({format_share(marked / rows if rows else 0)})"
    if not known or recall is None or chance is None:
        return f"{share} stand out the most; how many to mark was asked for, not found out."
    found, by_chance = round(recall * known), round(chance * known)
    better = "No better than guessing: " if recall <= chance else ""
    return (
        f"{better}{found:,} of {known:,} known anomalies are among the {share} "
        f"that are marked; rows marked at random would hold {by_chance:,}."
    )


def _short(value: float | None) -> str:
    return "–" if value is None else format_short(value)


def _two(value: float | None) -> str:
    """Write with two decimals, and a nothing without a sign."""
    return "–" if value is None else f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−")


def _cases(share: float, other: float, rows: int) -> tuple[str, str, str]:
    """Write two shares as counts of the test rows if they are few, else of 100 cases, or of more to be exact enough."""
    if rows < _FEW_ROWS:
        return f"{round(share * rows):,}", f"{round(other * rows):,}", f"{rows:,} test rows"
    size = _FEW_ROWS
    while size < 100_000 and _is_too_coarse(share, other, size):
        size *= 10
    return f"{round(share * size):,}", f"{round(other * size):,}", f"{size:,} cases"


def _is_too_coarse(share: float, other: float, size: int) -> bool:
    """Return True if the counts would hide a difference, or hide that not all are right."""
    hides = share != other and round(share * size) == round(other * size)
    return hides or any(value < 1 and round(value * size) == size for value in (share, other))
