/** The little of a browser that tabs share. */

/** Locks by name, as `navigator.locks` has them. */
export class FakeLocks {
  static #instance;
  #queues = new Map();

  static install(context) {
    FakeLocks.#instance = new FakeLocks();
    replace(context, "navigator", { locks: FakeLocks.#instance });
  }

  static remove(context) {
    replace(context, "navigator", {});
  }

  /** The tab that came last dies: all its locks are free. */
  static killLast() {
    const locks = FakeLocks.#instance;
    const own = [...locks.#queues.keys()].filter((name) => name.split(".").length === 3).at(-1);
    locks.#release(own);
  }

  /** The tab that has this lock dies. */
  static kill(name) {
    FakeLocks.#instance.#release(name);
  }

  request(name, { ifAvailable = false, signal }, work) {
    const queue = this.#queues.get(name) ?? [];
    this.#queues.set(name, queue);
    if (ifAvailable && queue.length) return Promise.resolve(work(null));
    return new Promise((resolve, reject) => {
      const wish = {
        start: () =>
          Promise.resolve(work({ name }))
            .then(() => this.#release(name, wish))
            .then(resolve),
      };
      queue.push(wish);
      signal?.addEventListener("abort", () => {
        if (queue[0] === wish) return;
        queue.splice(queue.indexOf(wish), 1);
        reject(signal.reason);
      });
      if (queue[0] === wish) queueMicrotask(wish.start);
    });
  }

  #release(name, wish = this.#queues.get(name)[0]) {
    const queue = this.#queues.get(name);
    if (queue[0] !== wish) return;
    queue.shift();
    if (queue.length) queueMicrotask(queue[0].start);
  }
}

/** A BroadcastChannel within this process, without the delay of threads. */
export class FakeChannel {
  static #open = new Set();
  onmessage = null;

  static install(context) {
    FakeChannel.#open.clear();
    replace(context, "BroadcastChannel", FakeChannel);
  }

  constructor(name) {
    this.name = name;
    FakeChannel.#open.add(this);
  }

  postMessage(data) {
    const others = [...FakeChannel.#open].filter((other) => other !== this && other.name === this.name);
    for (const other of others) queueMicrotask(() => other.onmessage?.({ data: structuredClone(data) }));
  }

  close() {
    FakeChannel.#open.delete(this);
  }
}

function replace(context, name, value) {
  const real = Object.getOwnPropertyDescriptor(globalThis, name);
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  context.after(() =>
    real ? Object.defineProperty(globalThis, name, real) : Reflect.deleteProperty(globalThis, name),
  );
}
