/** Say in a line what an event of a request tells. No DOM here. */

import { cut } from "../ground/format.js";
import { MODES } from "../requests/status.js";

const MAX_CHARACTERS = 200;

const TEXTS = {
  started: (message) => `Attempt ${message.attempt} started`,
  progress: (message) => `${Math.round(message.percentage)} % ${message.message ?? ""}`,
  partial: (message) => cut(JSON.stringify(message.data) ?? "", MAX_CHARACTERS),
  retrying: (message) => `Attempt ${message.attempt} follows. ${message.error?.message ?? ""}`,
  complete: () => "Completed",
  error: (message) => `${message.error?.code}: ${message.error?.message}`,
  cancelled: ({ mode }) => MODES[mode] ?? "Cancelled",
  response: (message) => (message.success ? "Answered at once" : "Answered at once: failed"),
};

/** Empty for what has nothing to say beyond its type. */
export function eventText(message) {
  return TEXTS[message.type]?.(message) ?? "";
}
