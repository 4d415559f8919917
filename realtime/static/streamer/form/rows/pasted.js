/** Read lines that were copied from a spreadsheet or a CSV file. No DOM here. */

const SEPARATORS = ["\t", ";", ","];

/** A text → rows of cells; null for a text of one cell, which is no table. */
export function cellsOf(text) {
  const lines = text.replace(/(\r?\n)+$/, "");
  const separator = separatorOf(lines);
  if (!separator && !/\r?\n/.test(lines)) return null;
  return split(lines, separator ?? "\t");
}

/**
 * Rows of cells whose first row names columns → `{names, rows}`; null where it does not. It does where there are no
 * `columns` yet, and where at least half of its cells, and at least one, are names of theirs.
 */
export function namedRows(cells, columns) {
  const [head, ...rows] = cells;
  const names = head.map((name) => name.trim());
  const isHead = names.every((name) => name !== "") && new Set(names).size === names.length;
  const known = names.filter((name) => columns.includes(name)).length;
  const isNamed = columns.length === 0 || (known > 0 && known * 2 >= names.length);
  return isHead && isNamed && rows.length > 0 ? { names, rows } : null;
}

/** A tab wins: whoever copies from a spreadsheet has commas in texts. With commas alone one line is a text. */
function separatorOf(text) {
  const first = text.split(/\r?\n/, 1)[0];
  const isOneLine = first.length === text.length;
  return SEPARATORS.find((one) => first.includes(one) && (one === "\t" || !isOneLine)) ?? null;
}

/** Cells in quotes may hold separators, line ends and, doubled, quotes. */
function split(text, separator) {
  const rows = [[]];
  let at = 0;
  while (at <= text.length) {
    const [cell, end] = text[at] === '"' ? quoted(text, at) : plain(text, at, separator);
    rows.at(-1).push(cell);
    const isLineEnd = text.startsWith("\r\n", end) || text[end] === "\n";
    if (isLineEnd) rows.push([]);
    at = end + (text.startsWith("\r\n", end) ? 2 : 1);
    if (end >= text.length) break;
  }
  return rows.filter((row) => row.some((cell) => cell !== ""));
}

function plain(text, at, separator) {
  let end = at;
  while (end < text.length && text[end] !== separator && text[end] !== "\n" && !text.startsWith("\r\n", end)) end += 1;
  return [text.slice(at, end), end];
}

function quoted(text, at) {
  let cell = "";
  for (let end = at + 1; end < text.length; end += 1) {
    if (text[end] !== '"') cell += text[end];
    else if (text[end + 1] === '"') {
      cell += '"';
      end += 1;
    } else return [cell, end + 1];
  }
  return [cell, text.length];
}
