/** Builds what browsers load of the console and of the page about the API, so that the service runs without Node. */

import { mkdir, rm, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { build } from "esbuild";

const SOURCES = fileURLToPath(new URL("../realtime/static/streamer/", import.meta.url));
export const BUILT = `${SOURCES}built/`;
export const MANIFEST = "manifest.json";
const ENTRIES = ["pages/console.js", "pages/console.css", "docs/docs.js", "pages/docs.css"];

/** → the texts by file name. The manifest has the file of each source that a page names. */
export async function bundle() {
  const { outputFiles, metafile } = await build({
    absWorkingDir: SOURCES,
    entryPoints: ENTRIES,
    outdir: "built",
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    target: "es2022",
    legalComments: "none",
    metafile: true,
    write: false,
  });
  const texts = Object.fromEntries(outputFiles.map(({ path, text }) => [basename(path), text]));
  const outputs = Object.entries(metafile.outputs).map(([path, { entryPoint }]) => [entryPoint, basename(path)]);
  const files = Object.fromEntries(outputs.filter(([source]) => ENTRIES.includes(source)).sort());
  return { ...texts, [MANIFEST]: `${JSON.stringify(files, null, 2)}\n` };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await rm(BUILT, { recursive: true, force: true });
  await mkdir(BUILT, { recursive: true });
  for (const [name, text] of Object.entries(await bundle())) {
    await writeFile(BUILT + name, text);
    if (name === MANIFEST) continue;
    await writeFile(`${BUILT}${name}.gz`, gzipSync(text, { level: 9 }));
    await writeFile(`${BUILT}${name}.br`, brotliCompressSync(text));
  }
}
