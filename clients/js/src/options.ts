/** What a program may say about a request, and how it goes over the wire. */

import type { TokenProvider } from "./connection/token.ts";
import { newId } from "./ids.ts";
import type { Open } from "./transport/transport.ts";
import type { SocketClass } from "./transport/websocket.ts";
import type { Frame, Progress, RequestEvent } from "./wire.ts";

export interface ClientOptions {
  /** A token, or a function that gives one. Without either, the session cookie of the site counts. */
  token?: string | TokenProvider;
  /** The same as a function for `token`. */
  tokenProvider?: TokenProvider;
  /** The class to make sockets of, where there is no global one (Node before 22). Null: use HTTP alone. */
  WebSocket?: SocketClass | null;
  /** What calls the HTTP API; the global `fetch` by default. */
  fetch?: typeof fetch;
  /** Shares the socket with other tabs: `shareAmongTabs` of `streamer-client/tabs`. */
  share?: (open: Open) => Open;
  /** The most requests that wait for a connection; 1000 by default. */
  maxQueued?: number;
  /** From 0 to 1; for tests. */
  random?: () => number;
}

export interface SubmitOptions {
  /** The idempotency key, at most 128 characters; a random one by default. The same id is the same request. */
  id?: string;
  /** Up to ten texts to find the request by. */
  tags?: string[];
  /** Comes back as it was sent. */
  metadata?: Frame;
  /** A head start in the queue, in seconds, 0 to 3600. */
  priority?: number;
  /** Seconds within which it must have started. */
  expiresIn?: number;
  /** `false`: run it even if its result is known. */
  cache?: boolean;
  /** `cancel`: the request ends with the connection. */
  onDisconnect?: "keep" | "cancel";
  /** Cancels the request; how that went is told by its final message, and so by its result. */
  signal?: AbortSignal;
}

export interface RunOptions extends SubmitOptions {
  onProgress?: (progress: Progress) => void;
  /** Called with every event of the request, progress among them. */
  onEvent?: (event: RequestEvent) => void;
}

export interface ListFilters {
  status?: string;
  action?: string;
  tag?: string;
  /** Words, each in the title, the action or a tag, or the beginning of the id. */
  q?: string;
  /** Unix seconds. */
  createdAfter?: number;
  createdBefore?: number;
  /** Of one page, 1 to 200. */
  limit?: number;
  cursor?: string | null;
}

export function requestFrame(action: string, payload: Frame | undefined, options: SubmitOptions): Frame {
  const { id = newId(), tags, metadata, priority, cache, expiresIn: expires_in, onDisconnect: on_disconnect } = options;
  return defined({ type: "request", action, payload, id, tags, metadata, priority, cache, expires_in, on_disconnect });
}

/** Without what is not said. */
export function defined(message: Frame): Frame {
  return Object.fromEntries(Object.entries(message).filter(([, value]) => value !== undefined && value !== null));
}
