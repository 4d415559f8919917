/** Decide which requests a filter shows. No DOM here. */

const DAY = /^\d{4}-\d\d-\d\d$/;

/** Shows all. `text`: words to look for. Days are `YYYY-MM-DD`. */
export const NO_FILTER = Object.freeze({ text: "", status: "", action: "", tag: "", from: "", to: "" });

/** How many parts of a filter are set, `names` alone of them. */
export function setParts(filter, names = Object.keys(NO_FILTER)) {
  return names.filter((name) => filter[name]).length;
}

/** The filter in the words of the client; what is not said is undefined. */
export function serverFilters({ text, status, action, tag, from, to }) {
  const { after, before } = momentsOf({ from, to });
  return {
    q: text?.trim() || undefined,
    status: status || undefined,
    action: action || undefined,
    tag: tag || undefined,
    createdAfter: after === -Infinity ? undefined : after / 1000,
    createdBefore: before === Infinity ? undefined : before / 1000,
  };
}

/** Whether the server would list a record under a filter; `text` does not count. */
export function fitsServer(record, { status, action, tag, from, to }) {
  const { after, before } = momentsOf({ from, to });
  return (
    (!status || record.status === status) &&
    (!action || record.action === action) &&
    (!tag || record.tags.includes(tag)) &&
    record.createdAt >= after &&
    record.createdAt < before
  );
}

/** Whether each word of a text is in the title, the action, the id or a tag of a record. `titleOf(action)` → its title. */
export function fitsText(record, text, titleOf) {
  if (!text) return true;
  const parts = [
    record.title,
    titleOf(record.action),
    record.action,
    record.requestId,
    record.clientId,
    ...record.tags,
  ];
  const haystack = parts.filter(Boolean).join("\n").toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => haystack.includes(word));
}

/** From the beginning of one day to the end of another, by the clock of this machine, in milliseconds since 1970. */
function momentsOf({ from, to }) {
  return { after: midnight(from, 0) ?? -Infinity, before: midnight(to, 1) ?? Infinity };
}

function midnight(day, later) {
  if (!DAY.test(day ?? "")) return null;
  const [year, month, date] = day.split("-").map(Number);
  const ms = new Date(year, month - 1, date + later).getTime();
  return Number.isFinite(ms) ? ms : null;
}
