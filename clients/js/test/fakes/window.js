/** A page that is looked at, hidden and disconnected when a test says so. */

export class FakeWindow {
  #document = new EventTarget();
  #window = new EventTarget();

  constructor(context) {
    for (const [name, value] of Object.entries({ document: this.#document, window: this.#window })) {
      Object.defineProperty(globalThis, name, { value, configurable: true });
      context.after(() => Reflect.deleteProperty(globalThis, name));
    }
  }

  show() {
    this.#document.visibilityState = "visible";
    this.#document.dispatchEvent(new Event("visibilitychange"));
  }

  focus() {
    this.#window.dispatchEvent(new Event("focus"));
  }

  online() {
    this.#window.dispatchEvent(new Event("online"));
  }
}
