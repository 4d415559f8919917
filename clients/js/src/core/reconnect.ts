/** What follows the end of a connection: come back or stop, why, and after which pause. */

import type { Frame } from "../wire.ts";

const BASE_MS = 500;
const LONGEST_MS = 30_000;
const RETRY_SECONDS = 5;

export interface End {
  code: number;
  reason: string;
  /** Do not come back. */
  stops: boolean;
  /** The pause that the server asks for; null: the client decides. */
  afterMs: number | null;
  tokenExpired: boolean;
}

/** Some servers lose the close code on the way, so that the `goodbye` before it counts first. */
export function endOf(closeCode: number, goodbye: Frame | null, wasOpen: boolean): End {
  const code: number = goodbye?.code ?? closeCode;
  return {
    code,
    reason: reasonOf(code, goodbye, wasOpen),
    stops: goodbye?.reconnect === false || (code >= 4500 && code < 5000),
    afterMs: goodbye?.after_ms ?? null,
    tokenExpired: code === 4010,
  };
}

function reasonOf(code: number, goodbye: Frame | null, wasOpen: boolean): string {
  if (code >= 4000) return `The server ended the connection: ${String(goodbye?.reason ?? code).replaceAll("_", " ")}.`;
  return wasOpen ? "The connection was lost." : "The server cannot be reached.";
}

/** Milliseconds before the same is asked again that was refused for now. */
export function againMs(body: { retry_after?: number }): number {
  return (body.retry_after ?? RETRY_SECONDS) * 1000;
}

/** Milliseconds before the next try, after `failures` in a row: full jitter, so that no two clients come together. */
export function pauseMs(failures: number, chance: number): number {
  return chance * Math.min(LONGEST_MS, BASE_MS * 2 ** failures);
}
