/** What a request takes of a message. The server cannot say which one it did not read. No I/O here. */

import { ValidationFailed } from "../errors.ts";
import type { Frame } from "../wire.ts";

/** JSON writes a character as an escape of this kind only where its other half is missing. */
const HALF = /[^\\](\\\\)*\\ud/;
const TEXTS = /"([^"\\]|\\.)*"/g;

/** The share of the largest message, 0 to 1. Throws ValidationFailed for what the server would not read. */
export function shareOf(frame: Frame, { frame_bytes: most = 1 << 20, frame_containers: mostInside = 30_000 }): number {
  const text = JSON.stringify(frame);
  if (HALF.test(text)) throw unfit("VALIDATION_ERROR", "half a character");
  const bytes = new Blob([text]).size;
  const inside = text.replace(TEXTS, "").split(/[[{]/).length - 1;
  const share = Math.max(bytes / most, inside / mostInside);
  if (share <= 1) return share;
  const told = `${bytes} of ${most} bytes, ${inside} of ${mostInside} containers`;
  throw unfit("PAYLOAD_TOO_LARGE", told);
}

function unfit(code: string, what: string): ValidationFailed {
  return new ValidationFailed({ code, message: `The request has ${what}.` });
}
