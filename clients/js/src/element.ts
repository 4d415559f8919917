/**
 * `<streamer-progress request-id="…" token="…" src="https://host/">`: the progress of one request, for pages without a
 * framework. `token` is one for this request alone; `src` is the address of the service, by default of the page.
 *
 * It tells `streamer-event` with each event, and `streamer-end` with the view at the end.
 */

import { endpointsOf } from "./connection/endpoints.ts";
import { errorOf, type StreamerError } from "./errors.ts";
import { Events } from "./transport/events.ts";
import { Http, Refused } from "./transport/http.ts";
import { BLANK, type RequestView, viewAfter, viewFailed } from "./view.ts";
import { type Frame, isFinalStatus, type RequestEvent } from "./wire.ts";

const LABELS: Record<RequestView["status"], string> = {
  idle: "",
  sending: "Loading",
  pending: "Waiting",
  processing: "Running",
  retrying: "Retrying",
  completed: "Completed",
  failed: "Failed",
  cancelled: "Cancelled",
};

const STYLE = `
:host { display: block; font: inherit; color-scheme: light dark; }
:host([hidden]) { display: none; }
.bar { height: .5em; border-radius: .25em; overflow: hidden; background: color-mix(in srgb, currentColor 15%, transparent); }
.fill { height: 100%; width: 0; background: var(--streamer-color, light-dark(#0b65c2, #6cb2ff)); transition: width .3s; }
.with-failures .fill { background: var(--streamer-warning-color, light-dark(#8a5a00, #e6b65c)); }
.with-failures p { color: var(--streamer-warning-color, light-dark(#8a5a00, #e6b65c)); }
.failed p { color: var(--streamer-error-color, light-dark(#b3261e, #ff8a80)); }
.failed .fill { background: var(--streamer-error-color, light-dark(#b3261e, #ff8a80)); }
.lost .fill { background: currentColor; opacity: .4; }
p { margin: .3em 0 0; overflow-wrap: anywhere; }
ul { margin: .3em 0 0; padding: 0; list-style: none; }
a { color: inherit; }
a:focus-visible { outline: 2px solid; outline-offset: 2px; }
@media (prefers-reduced-motion: reduce) { .fill { transition: none; } }
@media (forced-colors: active) { .bar { border: 1px solid; } .fill { background: Highlight; forced-color-adjust: none; } }
`;

const { HTMLElement: Base = class {} as typeof HTMLElement } = globalThis;

export class StreamerProgress extends Base {
  static observedAttributes = ["request-id", "token", "src"];
  #view: RequestView = BLANK;
  #stop: AbortController | null = null;
  #isPlanned = false;
  readonly #box = part("div", "box");
  readonly #bar = part("div", "bar");
  readonly #fill = part("div", "fill");
  readonly #text = part("p", "text");
  readonly #files = part("ul", "files");

  /** What it shows. */
  get view(): RequestView {
    return this.#view;
  }

  connectedCallback(): void {
    if (!this.shadowRoot) this.#build();
    this.#plan();
  }

  disconnectedCallback(): void {
    this.#stop?.abort();
  }

  attributeChangedCallback(): void {
    if (this.shadowRoot) this.#plan();
  }

  /** Several attributes may change at once: begin anew when all have. */
  #plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    queueMicrotask(() => {
      this.#isPlanned = false;
      if (this.isConnected) this.#begin();
    });
  }

  #build(): void {
    const root = this.attachShadow({ mode: "open" });
    // A style sheet of this kind is allowed under any content policy.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    this.#bar.setAttribute("role", "progressbar");
    this.#bar.setAttribute("aria-valuemin", "0");
    this.#bar.setAttribute("aria-valuemax", "100");
    this.#text.setAttribute("role", "status");
    this.#bar.append(this.#fill);
    this.#box.append(this.#bar, this.#text, this.#files);
    root.append(this.#box);
  }

  #begin(): void {
    this.#stop?.abort();
    const requestId = this.getAttribute("request-id");
    const stop = new AbortController();
    this.#stop = stop;
    if (requestId) this.#follow(requestId, stop);
    else this.#show(BLANK);
  }

  #follow(requestId: string, stop: AbortController): void {
    this.#show({ ...BLANK, status: "sending", requestId });
    const fail = (error: unknown): void => {
      if (!stop.signal.aborted) this.#show(viewFailed(this.#view, error as StreamerError));
    };
    this.#read(requestId, stop).catch((error) => fail(error instanceof Refused ? errorOf(error.body) : error));
  }

  async #read(requestId: string, stop: AbortController): Promise<void> {
    const http = new Http(endpointsOf(this.getAttribute("src") ?? "/").http, undefined);
    const path = `api/requests/${encodeURIComponent(requestId)}/events/`;
    let position = 0;
    let again: Frame | null;
    do {
      again = null;
      const events = new Events({
        http,
        path,
        parameter: "after_seq",
        position: String(position),
        token: () => this.getAttribute("token"),
        signal: stop.signal,
        began: () => {},
        polls: () => {},
        emit: (frame) => {
          position = frame.seq ?? position;
          if (!stop.signal.aborted) this.#take(frame);
        },
        left: (goodbye) => {
          again = goodbye;
        },
      });
      await events.run();
      if (again) await this.#pause(again, stop.signal);
    } while (again && !stop.signal.aborted);
  }

  /** The server takes leave: come back when it says, if it says so. */
  #pause({ reconnect, after_ms, code, reason }: Frame, signal: AbortSignal): Promise<void> {
    if (!reconnect) throw errorOf({ code: "UNAUTHORIZED", message: `The server ended this (${code}, ${reason}).` });
    return new Promise((resolve) => {
      setTimeout(resolve, after_ms);
      signal.addEventListener("abort", () => resolve());
    });
  }

  #take(frame: Frame): void {
    this.#show(viewAfter(this.#view, frame as RequestEvent));
    this.#tell("streamer-event", frame);
    if (isFinalStatus(this.#view.status)) this.#tell("streamer-end", this.#view);
  }

  #show(view: RequestView): void {
    this.#view = view;
    const { status, percentage, message, error, failedItems } = view;
    const failures =
      failedItems > 0 ? ` with ${failedItems.toLocaleString("en")} failure${failedItems > 1 ? "s" : ""}` : "";
    const isLost = error !== null && !isFinalStatus(status);
    const label = isLost ? "No longer shown" : LABELS[status] + failures;
    const said = status === "completed" || status === "cancelled" ? "" : (error?.message ?? message);
    const text = [label, said].filter(Boolean).join(": ");
    this.#box.className = `box ${status}${failures && " with-failures"}${isLost ? " lost" : ""}`;
    this.#fill.style.width = `${percentage}%`;
    this.#bar.setAttribute("aria-label", this.getAttribute("label") ?? "Progress");
    this.#bar.setAttribute("aria-valuenow", String(Math.round(percentage)));
    this.#bar.setAttribute("aria-valuetext", `${Math.round(percentage)} %, ${text}`);
    if (this.#text.textContent !== text) this.#text.textContent = text;
    this.#files.replaceChildren(...view.artifacts.map((artifact) => this.#link(artifact.url, artifact.filename)));
  }

  #link(url: string, filename: string): HTMLElement {
    const link = document.createElement("a");
    link.href = new URL(url, endpointsOf(this.getAttribute("src") ?? "/").http).href;
    link.textContent = filename;
    link.download = filename;
    const item = document.createElement("li");
    item.append(link);
    return item;
  }

  #tell(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
  }
}

function part(name: string, className: string): HTMLElement {
  const made = globalThis.document?.createElement(name);
  if (made) made.className = className;
  return made;
}

globalThis.customElements?.define("streamer-progress", StreamerProgress);
