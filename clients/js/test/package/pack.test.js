import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

const PACKAGE = fileURLToPath(new URL("../../", import.meta.url));
const SOCKET = fileURLToPath(new URL("../fakes/answering_socket.js", import.meta.url));
const README = readFileSync(`${PACKAGE}README.md`, "utf8");
const EXAMPLES = [...README.matchAll(/^## (.+?)\n[^#]*?```js\n(.*?)```/gms)].map(([, title, code]) => ({
  title,
  code,
}));
const PRINTED = {
  "Run something": "40 count_primes\n{ of: 'count_primes' }\n",
  "Follow it event by event": "started 1\nprogress 2\ncomplete 3\n{ of: 'generate_report' }\n",
  "Fresh tokens": "connecting \nopen \n{ message: 1 }\nidle \n",
  "All requests of the user": "processing\ncompleted\n",
};
let folder;

function run(command, args) {
  return execFileSync(command, args, { cwd: folder, encoding: "utf8", stdio: "pipe" });
}

before(() => {
  folder = mkdtempSync(join(tmpdir(), "streamer-client-"));
  const pack = ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder];
  execFileSync("npm", pack, { cwd: PACKAGE, stdio: "pipe" });
  const [tarball] = readdirSync(folder);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "page", private: true, type: "module" }));
  run("npm", ["install", "--offline", "--no-audit", "--no-fund", "--silent", `./${tarball}`]);
});

after(() => rmSync(folder, { recursive: true }));

test("the package brings nothing but itself, and no source", () => {
  const installed = readdirSync(join(folder, "node_modules")).filter((name) => !name.startsWith("."));
  assert.deepEqual(installed, ["streamer-client"]);
  const files = readdirSync(join(folder, "node_modules/streamer-client")).sort();
  assert.deepEqual(files, ["CHANGELOG.md", "LICENSE", "README.md", "dist", "package.json"]);
});

test("every example of the README is tried here", () => {
  assert.deepEqual(
    EXAMPLES.map(({ title }) => title),
    Object.keys(PRINTED),
  );
});

for (const { title, code } of EXAMPLES) {
  test(`the example "${title}" runs`, () => {
    writeFileSync(join(folder, "example.js"), code);
    assert.equal(run(process.execPath, ["--import", SOCKET, "example.js"]), PRINTED[title]);
  });
}

test("every entry can be loaded in Node, but for those of a browser framework that is not there", () => {
  for (const entry of ["", "/tabs", "/session", "/element"]) {
    run(process.execPath, ["--input-type=module", "--eval", `await import("streamer-client${entry}")`]);
  }
});
