/** What the core asks of its surroundings. */

import type { Frame } from "../wire.ts";

/** The logs that have numbers, and the field that names each. */
export type LogField = "request_id" | "topic";

export interface Port {
  /** Send a message; false when there is no connection that is ready. */
  send(frame: Frame): boolean;
  /** The application has taken a numbered message. */
  took(field: LogField, name: string, seq: number): void;
  /** Call `work` after a pause, unless the connection is another one by then. */
  later(ms: number, work: () => void): void;
  /** Call `work` when all is done that is to be done now. */
  soon(work: () => void): void;
  /** An id for a message that wants an answer. */
  newId(purpose: string): string;
}
