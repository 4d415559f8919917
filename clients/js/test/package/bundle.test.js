import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
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

/** Servers compress with zlib, and people look with `gzip`, which comes to some bytes more. */
test("the main entry is small", () => {
  const input = built["streamer-client.js"];
  const sizes = [gzipSync(input, { level: 9 }).length, execFileSync("gzip", ["-9"], { input }).length];
  assert.ok(Math.max(...sizes) < MOST_BYTES, `${sizes.join(" and ")} bytes`);
});

test("no script loads anything from elsewhere, or names a source map", () => {
  for (const text of Object.values(built)) {
    const loaded = [...text.matchAll(/(?:from|import\()\s*"([^"]+)"/g)].map(([, path]) => path);
    assert.ok(loaded.every((path) => path === "./http.js"));
    assert.ok(!text.includes("sourceMappingURL"));
  }
});
