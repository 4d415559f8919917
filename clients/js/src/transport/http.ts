/** Calls of the HTTP API. */

import type { ErrorBody, Frame } from "../wire.ts";

export interface Call {
  token: string | null;
  method?: string;
  body?: Frame;
  form?: FormData;
  accept?: string;
  signal?: AbortSignal | undefined;
}

/** An answer that is no success. `status` is 0 when nothing answered, or something that is not the service. */
export class Refused extends Error {
  readonly status: number;
  readonly body: ErrorBody;

  constructor(status: number, body: ErrorBody) {
    super(body.message);
    this.status = status;
    this.body = body;
  }
}

export class Http {
  readonly base: string;
  readonly #fetch: typeof fetch;

  constructor(base: string, fetcher: typeof fetch | undefined) {
    this.base = base;
    this.#fetch = fetcher ?? ((...call) => globalThis.fetch(...call));
  }

  /** Throws Refused. */
  async send(path: string, call: Call): Promise<Response> {
    const { method = "GET", token, body, form, accept = "application/json", signal = null } = call;
    const headers: Record<string, string> = { Accept: accept, ...identity(token, method) };
    if (body) headers["Content-Type"] = "application/json";
    const init: RequestInit = { method, headers, signal, cache: "no-store", credentials: credentialsFor(token) };
    if (body) init.body = JSON.stringify(body);
    if (form) init.body = form;
    const response = await this.#fetch(new URL(path, this.base).href, init).catch((error) => {
      signal?.throwIfAborted();
      throw new Refused(0, { code: "CONNECTION_LOST", message: error.message, retryable: true });
    });
    if (!response.ok) throw await refusedBy(response);
    return response;
  }

  async json(path: string, call: Call): Promise<Frame> {
    return await (await this.send(path, call)).json();
  }
}

/** The headers that say who asks. A session cookie needs Django's token against forgery as well. */
export function identity(token: string | null, method: string): Record<string, string> {
  if (token) return { Authorization: `Bearer ${token}` };
  const secret = method === "GET" ? null : /(?:^|; )csrftoken=([^;]+)/.exec(globalThis.document?.cookie ?? "");
  return secret ? { "X-CSRFToken": secret[1] as string } : {};
}

export function credentialsFor(token: string | null): RequestCredentials {
  return token ? "omit" : "same-origin";
}

/** Read why: what is no answer of the service comes from something between. */
async function refusedBy(response: Response): Promise<Refused> {
  return refusal(response.status, await response.json().catch(() => null));
}

export function refusal(status: number, answer: Frame | null): Refused {
  if (answer?.error?.code) return new Refused(status, answer.error);
  const message = answer?.detail ?? `The server answered with the HTTP status ${status}.`;
  return new Refused(status >= 500 ? 0 : status, { code: "HTTP_ERROR", message, retryable: status >= 500 });
}
