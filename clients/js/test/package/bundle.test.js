import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { bundle, GIVEN_OUT } from "../../scripts/bundle.js";

const MOST_BYTES = 8 * 1024;
let built;

before(async () => {
  built = await bundle();
});

test("the scripts that the service gives out are those of the sources", () => {
  assert.deepEqual(readdirSync(GIVEN_OUT).sort(), Object.keys(built).sort());
  for (const [name, text] of Object.entries(built)) {
    assert.ok(readFileSync(GIVEN_OUT + name, "utf8") === text, `${name} is out of date: npm run bundle`);
  }
});

test("the main entry is small", () => {
  const bytes = gzipSync(built["streamer-client.js"], { level: 9 }).length;
  assert.ok(bytes < MOST_BYTES, `${bytes} bytes`);
});

test("no script loads anything from elsewhere, or names a source map", () => {
  for (const text of Object.values(built)) {
    const loaded = [...text.matchAll(/(?:from|import\()\s*"([^"]+)"/g)].map(([, path]) => path);
    assert.ok(loaded.every((path) => path === "./http.js"));
    assert.ok(!text.includes("sourceMappingURL"));
  }
});
