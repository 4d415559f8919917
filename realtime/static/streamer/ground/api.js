/** The HTTP side of the service: tokens, actions, a request and its events, datasets. `uploads/queue` sends files. */

/** For answers without a body of ours: cut off, or from a proxy. */
const PLAIN_FAULTS = {
  413: "This is larger than the server takes.",
  502: "The server is not there right now.",
  503: "The server is not there right now.",
  504: "The server did not answer in time.",
};

/** What the server, or the way there, said instead of an answer. `status` is 0 when nothing answered. */
export class ApiError extends Error {
  constructor(status, code, message, details) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

/** Username and password → `{access, refresh}`. Throws ApiError, status 401 when they are wrong. */
export function obtainTokens(username, password) {
  return call("POST", "api/token/", { body: { username, password } });
}

/** The code of a sign-in link → `{access, refresh}`. Throws ApiError, status 401 when it lets nobody in. */
export function redeemLink(code) {
  return call("POST", "api/token/link/", { body: { code } });
}

/** A refresh token → `{access}`, and `refresh` when the server rotates it. Throws ApiError. */
export function refreshTokens(refresh) {
  return call("POST", "api/token/refresh/", { body: { refresh } });
}

/** Ends a refresh token and all that came of the same sign-in, even if the page is closed meanwhile. Throws ApiError. */
export function endTokens(refresh) {
  return call("POST", "api/token/logout/", { body: { refresh }, keepalive: true });
}

/** Calls in the name of a session. A token that is refused is refreshed once before the session is given up. */
export class Api {
  #session;

  constructor(session) {
    this.#session = session;
  }

  /** → `{actions, sources}` */
  actions() {
    return this.#get("api/actions/");
  }

  /** Run an inline action → its data. Throws ApiError. */
  async run(action, payload) {
    const answer = await this.#authorized((token) =>
      call("POST", "api/requests/", { token, body: { action, payload } }),
    );
    if (answer.type !== "response") throw new ApiError(200, "TIMEOUT", "The server did not answer at once.");
    return answer.data;
  }

  /** → the request's snapshot with `payload` and `artifacts`. */
  request(requestId) {
    return this.#get(`api/requests/${encodeURIComponent(requestId)}/`);
  }

  /** → `{events, last_seq}`, the events numbered higher than `afterSeq`. */
  events(requestId, afterSeq) {
    return this.#get(`api/requests/${encodeURIComponent(requestId)}/events/?after_seq=${afterSeq}`);
  }

  /** → `{artifacts, next_cursor}`, the newest first; the first page without a cursor. */
  files(requestId, cursor) {
    const more = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
    return this.#get(`api/requests/${encodeURIComponent(requestId)}/artifacts/?limit=500${more}`);
  }

  /** → `{datasets, next_cursor, used_bytes, quota_bytes, upload_bytes}`; the first page without a cursor. */
  datasets(cursor) {
    return this.#get(cursor ? `api/datasets/?cursor=${encodeURIComponent(cursor)}` : "api/datasets/");
  }

  /** → its summary with columns and the first rows. */
  dataset(id) {
    return this.#get(`api/datasets/${encodeURIComponent(id)}/`);
  }

  async deleteDataset(id) {
    await this.#authorized((token) => call("DELETE", `api/datasets/${encodeURIComponent(id)}/`, { token }));
  }

  #get(path) {
    return this.#authorized((token) => call("GET", path, { token }));
  }

  async #authorized(attempt) {
    try {
      return await attempt(await this.#session.fresh());
    } catch (error) {
      if (error.status !== 401) throw error;
      this.#session.distrust();
      return await attempt(await this.#session.fresh());
    }
  }
}

async function call(method, path, { body, token, keepalive = false } = {}) {
  const headers = { Accept: "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(new URL(path, document.baseURI), {
      method,
      headers,
      body: body && JSON.stringify(body),
      credentials: "omit",
      cache: "no-store",
      keepalive,
    });
  } catch {
    throw new ApiError(0, "UNREACHABLE", "The server cannot be reached.");
  }
  if (response.status === 204) return null;
  const answer = await response.json().catch(() => null);
  if (!response.ok || answer === null) throw fault(response.status, answer);
  return answer;
}

/** What an answer that is no success says. */
export function fault(status, answer) {
  const error = answer?.error;
  if (error?.message) return new ApiError(status, error.code, error.message, error.details);
  const text = answer?.detail ?? PLAIN_FAULTS[status] ?? `The server answered with HTTP status ${status}.`;
  return new ApiError(status, "HTTP_ERROR", text);
}
