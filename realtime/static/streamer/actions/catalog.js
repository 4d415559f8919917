/** What can be asked for: the actions and the sources, as the server lists them. */

import { sentence } from "../ground/format.js";
import { inGroups } from "./groups.js";

export class Catalog {
  actions = [];
  sources = [];
  #api;

  constructor(api) {
    this.#api = api;
  }

  /** Throws ApiError or SignedOut. */
  async load() {
    const { actions, sources } = await this.#api.actions();
    const listed = actions.filter(({ listed: isListed }) => isListed !== false);
    this.actions = listed.sort((a, b) => this.titleOf(a).localeCompare(this.titleOf(b)));
    this.sources = sources ?? [];
  }

  /** → `[{action, title, description, payload}]`: what the actions offer to try, by their order. */
  get examples() {
    const actions = inGroups(this.actions).flatMap(({ actions: inside }) => inside);
    return actions
      .flatMap(({ action, examples = [] }) => examples.map((example) => ({ ...example, action })))
      .sort((a, b) => (a.order ?? 0) - (b.order ?? 0));
  }

  find(name) {
    return this.actions.find((action) => action.action === name);
  }

  /** What of a payload was chosen: the values that differ from the defaults. */
  chosen(name, payload) {
    const properties = this.find(name)?.schema?.properties ?? {};
    const differs = ([field, value]) => JSON.stringify(value) !== JSON.stringify(properties[field]?.default);
    return Object.fromEntries(Object.entries(payload ?? {}).filter(differs));
  }

  /** The title of an action, or of the action of that name; a readable form of the name when it has none. */
  titleOf(action) {
    const known = typeof action === "string" ? this.find(action) : action;
    return known?.title || sentence(known?.action ?? action);
  }
}
