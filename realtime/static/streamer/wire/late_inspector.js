/** The wire inspector, loaded when somebody first wants to see it. The frames are kept from the start. */

const TOO_OLD = "The wire inspector could not be loaded. Reload the page to try again.";

export class LateInspector {
  #inspector = null;
  #log;
  #open;

  /** As of `Inspector`; `onFailure(text)` tells the person that it could not be loaded. */
  constructor(root, toggle, log, { onSend, onFailure }) {
    this.#log = log;
    this.#open = async () => {
      try {
        const { Inspector } = await import("./inspector.js");
        this.#inspector = new Inspector(root, toggle, log, onSend);
        this.#inspector.open();
      } catch {
        onFailure(TOO_OLD);
        this.#await(toggle);
      }
    };
    this.#await(toggle);
  }

  /** Forget all of it: somebody else may sign in. */
  reset() {
    if (this.#inspector) this.#inspector.reset();
    else this.#log.clear();
  }

  #await(toggle) {
    toggle.addEventListener("click", this.#open, { once: true });
  }
}
