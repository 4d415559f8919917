/** Builds the scripts that the service itself gives out, so that it runs without Node. */

import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** Each by itself, so that a page needs one file; `http` is what the client loads when sockets do not get through. */
const ENTRIES = {
  "streamer-client": "index.ts",
  http: "http.ts",
  element: "element.ts",
  tabs: "tabs.ts",
  session: "session.ts",
};
/** Names that no program outside a bundle sees, and no message has: they are made short. */
const INTERNAL =
  /^(is(Repairing|Behind|Read|Awaited|Over|CancelWanted|Empty|Busy|Cookie)|has(Lost|More)|wasSent|askedAs|nextMs|afterMs|stops|tokenExpired|canRenew|acknowledge|accept|finish|ignore|resume|failAll|refuse|took|soon|later|newId|passed|changed|needed|opened|heard|doubt|look|flush|follows|topics|cancelRequest|submission|subscribed|receive|fail|create|begin|more|answer|onTake|isBatched|places|halted|place|stop|wake|http|base|call|last|end|remove|take|reset|socket|received|follower)$/;
const SOURCES = fileURLToPath(new URL("../src/", import.meta.url));
export const GIVEN_OUT = fileURLToPath(new URL("../../../realtime/static/streamer/client/", import.meta.url));

/** → the texts by file name. */
export async function bundle() {
  const texts = {};
  for (const [name, source] of Object.entries(ENTRIES)) {
    const { outputFiles } = await build({
      entryPoints: [SOURCES + source],
      bundle: true,
      minify: true,
      format: "esm",
      target: "es2022",
      banner: { js: "/* streamer-client, Apache-2.0 */" },
      legalComments: "none",
      mangleProps: INTERNAL,
      write: false,
      plugins: [loadedLater],
    });
    texts[`${name}.js`] = outputFiles[0].text;
  }
  return texts;
}

/** What the client loads with `import()` stays a file of its own. */
const loadedLater = {
  name: "loaded-later",
  setup: ({ onResolve }) =>
    onResolve({ filter: /http\.ts$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: "./http.js", external: true } : undefined,
    ),
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await mkdir(GIVEN_OUT, { recursive: true });
  for (const [name, text] of Object.entries(await bundle())) await writeFile(GIVEN_OUT + name, text);
}
