/** Where tokens come from. */

/** `force`: the server did not accept the last one, or it ends soon, so that a kept one will not do. */
export interface TokenWish {
  force: boolean;
}

/** Returns a token, or null when nobody is signed in any more. */
export type TokenProvider = (wish: TokenWish) => string | null | Promise<string | null>;

/** A token, a function that gives one, or nothing where the session cookie of the site says who it is. */
export type TokenSource = string | TokenProvider | undefined;

/** Calls at the same moment share one answer. */
export class Tokens {
  readonly #source: TokenSource;
  #running: Promise<string | null> | null = null;
  #isForced = false;

  constructor(source: TokenSource) {
    this.#source = source;
  }

  /** Whether another token than the last can be had. */
  get canRenew(): boolean {
    return typeof this.#source === "function";
  }

  get isCookie(): boolean {
    return this.#source === undefined;
  }

  get(force = false): Promise<string | null> {
    if (!this.#running || (force && !this.#isForced)) {
      this.#isForced = force;
      const running = this.#ask(force).finally(() => {
        if (this.#running === running) this.#running = null;
      });
      this.#running = running;
    }
    return this.#running;
  }

  async #ask(force: boolean): Promise<string | null> {
    return typeof this.#source === "function" ? await this.#source({ force }) : (this.#source ?? null);
  }
}
