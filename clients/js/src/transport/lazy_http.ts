/** All that goes over HTTP: its code is loaded when it is wanted. */

import type { Tokens } from "../connection/token.ts";
import { errorOf } from "../errors.ts";
import type { Open } from "./transport.ts";

type Module = typeof import("../http.ts");
type Http = InstanceType<Module["Http"]>;

export class LazyHttp {
  readonly base: string;
  readonly #fetch: typeof fetch;
  readonly #tokens: Tokens;

  constructor(base: string, fetcher: typeof fetch | undefined, tokens: Tokens) {
    this.base = base;
    this.#fetch = fetcher ?? ((...call) => fetch(...call));
    this.#tokens = tokens;
  }

  /** Throws StreamerError. */
  async call<Value>(work: (module: Module, http: Http, token: string | null) => Promise<Value>): Promise<Value> {
    const module = await this.#load();
    try {
      return await work(module, new module.Http(this.base, this.#fetch), await this.#tokens.get());
    } catch (error) {
      // The module has no errors of its own: a class must be the same for whoever looks at it.
      throw error instanceof module.Refused ? errorOf(error.body) : error;
    }
  }

  /** What cannot be loaded while nothing is to be reached, some browsers do not try to load again. */
  async transport(): Promise<Open> {
    await this.#fetch(`${this.base}healthz`);
    const { Http, overHttp } = await this.#load();
    return overHttp(new Http(this.base, this.#fetch));
  }

  #load(): Promise<Module> {
    return import("../http.ts");
  }
}
