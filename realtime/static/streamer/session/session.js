/** Who is signed in. Tokens live in this tab's sessionStorage and nowhere else, and never in a URL. */

import { obtainTokens, refreshTokens } from "../ground/api.js";
import { claimsOf, isAging, pastedToken, permits } from "./tokens.js";

const KEY = "streamer.tokens";

/** There is no usable token any more and none can be had without the person. */
export class SignedOut extends Error {}

/**
 * Events: `begin` when somebody has signed in; `end` when the session is over, with `detail.reason` for the person
 * (empty when they signed out themselves).
 */
export class Session extends EventTarget {
  #tokens = read();
  #refreshing = null;
  #distrusted = false;

  get active() {
    return this.#tokens !== null;
  }

  get canRefresh() {
    return Boolean(this.#tokens?.refresh);
  }

  /** The claims of the access token, for display alone: only the server can verify them. */
  get claims() {
    return this.#tokens ? claimsOf(this.#tokens.access) : null;
  }

  /** Whether the token says so; null needs no permission. For display alone, too. */
  may(permission) {
    return permits(this.claims, permission);
  }

  /** Throws ApiError. */
  async signIn(username, password) {
    const { access, refresh } = await obtainTokens(username, password);
    this.#begin({ access, refresh });
  }

  /** Use a token made elsewhere. Throws an Error that says what is wrong with it. */
  paste(text) {
    this.#begin({ access: pastedToken(text), refresh: null });
  }

  /** An access token good for a while yet, refreshed first if need be. Throws SignedOut, ApiError when unreachable. */
  async fresh() {
    if (!this.#tokens) throw new SignedOut();
    if (this.#distrusted || (isAging(this.claims) && this.canRefresh)) await this.refresh();
    return this.#tokens.access;
  }

  /** Exchange the refresh token; calls at the same moment share one exchange. Returns the new access token. */
  refresh() {
    this.#refreshing ??= this.#exchange().finally(() => (this.#refreshing = null));
    return this.#refreshing;
  }

  /** The server refused the access token: do not offer it again. */
  distrust() {
    this.#distrusted = true;
  }

  /** Forget the tokens. */
  end(reason = "") {
    if (!this.#tokens) return;
    this.#tokens = null;
    sessionStorage.removeItem(KEY);
    this.dispatchEvent(new CustomEvent("end", { detail: { reason } }));
  }

  async #exchange() {
    const held = this.#tokens;
    if (!held?.refresh) {
      this.end("The server does not accept this token any more. Sign in to go on.");
      throw new SignedOut();
    }
    try {
      const { access, refresh } = await refreshTokens(held.refresh);
      if (this.#tokens !== held) throw new SignedOut();
      this.#keep({ access, refresh: refresh ?? held.refresh });
      return access;
    } catch (error) {
      if (error.status !== 401 && error.status !== 400) throw error;
      this.end("Your session has ended. Sign in to go on.");
      throw new SignedOut();
    }
  }

  #begin(tokens) {
    this.#keep(tokens);
    this.dispatchEvent(new Event("begin"));
  }

  #keep(tokens) {
    this.#tokens = tokens;
    this.#distrusted = false;
    sessionStorage.setItem(KEY, JSON.stringify(tokens));
  }
}

function read() {
  try {
    const tokens = JSON.parse(sessionStorage.getItem(KEY));
    return tokens?.access && claimsOf(tokens.access) ? tokens : null;
  } catch {
    return null;
  }
}
