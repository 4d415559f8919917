import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { before, test } from "node:test";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { BUILT, bundle, MANIFEST } from "../../scripts/bundle.js";

let built;

before(async () => {
  built = await bundle();
});

test("the pages load what their sources say: npm run bundle", () => {
  const names = Object.keys(built).flatMap((name) => (name === MANIFEST ? [name] : [name, `${name}.br`, `${name}.gz`]));
  assert.deepEqual(readdirSync(BUILT).sort(), names.sort());
  for (const [name, text] of Object.entries(built)) {
    assert.ok(readFileSync(BUILT + name, "utf8") === text, `${name} is out of date`);
    if (name === MANIFEST) continue;
    assert.ok(gunzipSync(readFileSync(`${BUILT}${name}.gz`)).toString() === text, `${name}.gz is out of date`);
    assert.ok(
      brotliDecompressSync(readFileSync(`${BUILT}${name}.br`)).toString() === text,
      `${name}.br is out of date`,
    );
  }
});

test("what is loaded has a hash in its name, so that it may be kept for ever", () => {
  const names = Object.keys(built).filter((name) => name !== MANIFEST);
  assert.deepEqual(
    names.filter((name) => !/-[A-Z0-9]{8}\.(js|css)$/.test(name)),
    [],
  );
});

test("the page to sign in on loads neither the console nor the wire inspector", () => {
  const first = JSON.parse(built[MANIFEST])["pages/console.js"];
  const reached = new Set([first]);
  for (const name of reached)
    for (const [, next] of built[name].matchAll(/(?:from|import)"\.\/([^"]+)"/g)) reached.add(next);
  const bytes = [...reached].map((name) => built[name].length).reduce((a, b) => a + b, 0);
  assert.ok(bytes < 20_000, `${bytes} bytes of script`);
});
