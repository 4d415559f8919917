/**
 * Who is signed in. Tokens live in the sessionStorage of the tabs that share the session and nowhere else, and never in
 * a URL.
 */

import { endTokens, obtainTokens, redeemLink, refreshTokens } from "../ground/api.js";
import { claimsOf, isAging, pastedToken, permits } from "./tokens.js";

const KEY = "streamer.tokens";

/** There is no usable token any more and none can be had without the person. */
export class SignedOut extends Error {}

/**
 * Events: `begin` when somebody has signed in; `end` when the session is over, with `detail.reason` for the person
 * (empty when they signed out themselves) and `detail.isWish` when they signed out, here or in another tab.
 */
export class Session extends EventTarget {
  #tokens = read();
  #refreshing = null;
  #distrusted = false;
  #handover;
  /** Whether anybody was ever signed in here. */
  #isUsed = this.#tokens !== null;

  /** `handover` shares the session with the other tabs of this browser; without it, it is this tab's own. */
  constructor(handover = null) {
    super();
    this.#handover = handover;
    if (!handover) return;
    handover.tokens = () => this.#tokens;
    handover.addEventListener("renewed", ({ detail }) => this.#adopt(detail));
    handover.addEventListener("late", ({ detail }) => this.#joinLate(detail));
    handover.addEventListener("ended", ({ detail }) => {
      if (this.#tokens?.id === detail) this.#forget("You signed out in another tab.", true);
    });
  }

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

  /** Take part in the session of another tab, if there is one and none here → whether somebody is signed in. */
  async join() {
    const tokens = this.active ? null : await this.#handover?.ask();
    if (!this.active && tokens && claimsOf(tokens.access)) this.#keep(tokens);
    return this.active;
  }

  /** Throws ApiError. */
  async signIn(username, password) {
    const { access, refresh } = await obtainTokens(username, password);
    this.#begin({ access, refresh });
  }

  /** Sign in with the code of a sign-in link. Throws ApiError. */
  async signInByLink(code) {
    const { access, refresh } = await redeemLink(code);
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

  /** For the client: a token, or null when nobody is signed in. `force`: the last one will not do. Throws ApiError. */
  async token({ force }) {
    if (!this.#tokens) return null;
    try {
      if (force && (this.canRefresh || isAging(this.claims, 0))) return await this.refresh();
      return await this.fresh();
    } catch (error) {
      if (error instanceof SignedOut) return null;
      throw error;
    }
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

  /** Forget the tokens in all tabs, and have the server end them. Nobody waits for that: they end by themselves. */
  signOut() {
    const { refresh, id } = this.#tokens ?? {};
    this.#forget("", true);
    if (id) this.#handover?.ended(id);
    if (refresh) endTokens(refresh).catch(() => {});
  }

  /** Forget the tokens. */
  end(reason = "") {
    this.#forget(reason, false);
  }

  async #exchange() {
    if (await this.#isRenewedElsewhere()) return this.#tokens.access;
    const held = this.#tokens;
    if (!held?.refresh) {
      this.end("The server does not accept this token any more. Sign in to go on.");
      throw new SignedOut();
    }
    try {
      const { access, refresh } = await refreshTokens(held.refresh);
      if (this.#tokens !== held) throw new SignedOut();
      this.#keep({ ...held, access, refresh: refresh ?? held.refresh });
      this.#handover?.renewed(this.#tokens);
      return access;
    } catch (error) {
      if (error.status !== 401 && error.status !== 400) throw error;
      this.end("Your session has ended. Sign in to go on.");
      throw new SignedOut();
    }
  }

  /** A tab that slept may have missed it, and a refresh token that is used late again ends the session. */
  async #isRenewedElsewhere() {
    const held = this.#tokens;
    if (!this.#handover || !held?.refresh) return false;
    const tokens = await this.#handover.ask(held.id);
    if (tokens) this.#adopt(tokens);
    return this.active && this.#tokens.access !== held.access && !isAging(this.claims);
  }

  /** Take the tokens of another tab if they are of this session, and newer. */
  #adopt(tokens) {
    if (this.#tokens?.id === tokens.id && endOf(tokens) > endOf(this.#tokens)) this.#keep(tokens);
  }

  #begin(tokens) {
    this.#keep({ ...tokens, id: crypto.randomUUID() });
    this.dispatchEvent(new Event("begin"));
  }

  #forget(reason, isWish) {
    if (!this.#tokens) return;
    this.#tokens = null;
    sessionStorage.removeItem(KEY);
    this.dispatchEvent(new CustomEvent("end", { detail: { reason, isWish } }));
  }

  /** Who has signed out here is not signed in again by another tab. */
  #joinLate(tokens) {
    if (this.#isUsed) return this.#adopt(tokens);
    if (!claimsOf(tokens.access)) return;
    this.#keep(tokens);
    this.dispatchEvent(new Event("begin"));
  }

  #keep(tokens) {
    this.#tokens = tokens;
    this.#isUsed = true;
    this.#distrusted = false;
    sessionStorage.setItem(KEY, JSON.stringify(tokens));
  }
}

function endOf({ access }) {
  return claimsOf(access)?.exp ?? Infinity;
}

function read() {
  try {
    const tokens = JSON.parse(sessionStorage.getItem(KEY));
    return tokens?.access && claimsOf(tokens.access) ? { id: crypto.randomUUID(), ...tokens } : null;
  } catch {
    return null;
  }
}
