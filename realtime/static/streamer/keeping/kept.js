/** One thing that the browser keeps for one user, as JSON: what another one left is deleted. */

export class Kept {
  #storage;
  #key;
  #owner = null;

  /** `storage()` gives that of the tab or that of the browser; where there is none it may throw. */
  constructor(storage, name) {
    this.#storage = storage;
    this.#key = `streamer.${name}`;
  }

  /** `owner` is signed in, a text that names user and tenant. */
  begin(owner) {
    this.#owner = owner;
    if (this.read() === null) this.#remove();
  }

  /** The value; null when there is none, or no one is signed in. */
  read() {
    try {
      const { owner, value } = JSON.parse(this.#storage().getItem(this.#key));
      return owner === this.#owner ? (value ?? null) : null;
    } catch {
      return null;
    }
  }

  /** The value where it is a list; an empty one when there is none. */
  readList() {
    const value = this.read();
    return Array.isArray(value) ? value : [];
  }

  /** Take the entry of a record out of the list. */
  drop(clientId) {
    const all = this.readList();
    const others = all.filter((entry) => entry.clientId !== clientId);
    if (others.length < all.length) this.write(others);
  }

  /** A value that does not fit into the storage is not kept. */
  write(value) {
    if (this.#owner === null) return;
    try {
      this.#storage().setItem(this.#key, JSON.stringify({ owner: this.#owner, value }));
    } catch {
      this.#remove();
    }
  }

  /** The person has signed out. */
  clear() {
    this.#owner = null;
    this.#remove();
  }

  #remove() {
    try {
      this.#storage().removeItem(this.#key);
    } catch {
      // A browser that allows no storage has nothing to remove.
    }
  }
}

/** The owner that the claims of a token name. */
export function ownerOf({ sub, tenant_id: tenant }) {
  return JSON.stringify([sub, tenant ?? null]);
}
