/** The addresses of the service. */

/** `socket`: of the WebSocket. `http`: what the paths of the HTTP API follow, with a slash at the end. */
export interface Endpoints {
  socket: string;
  http: string;
}

/**
 * Read the address of the service or of its socket: `https://host/`, `wss://host/ws/`, or one relative to the page.
 * Throws TypeError for what is no address.
 */
export function endpointsOf(url: string | URL): Endpoints {
  const { protocol, host, pathname } = new URL(url, globalThis.document?.baseURI);
  const base = pathname.replace(/(^|\/)ws\/?$/, "$1").replace(/\/?$/, "/");
  const rest = `${protocol === "wss:" || protocol === "https:" ? "s" : ""}://${host}`;
  return { socket: `ws${rest}${base}ws/`, http: `http${rest}${base}` };
}
