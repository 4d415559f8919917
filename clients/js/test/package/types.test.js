import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const HERE = fileURLToPath(new URL("./", import.meta.url));
const TSC = fileURLToPath(new URL("../../../../node_modules/.bin/tsc", import.meta.url));
const ACTIONS = `
import "streamer-client";
declare module "streamer-client" {
  interface Actions {
    generate_report: { payload: { year: number; format?: "pdf" | "csv" }; result: { rows: number } };
    health: { payload: Record<string, never>; result: { ok: boolean } };
  }
}
`;
const USE = `
import { Client } from "streamer-client";
const client = new Client("wss://example.org/ws/");
`;

/** What the compiler says about a program that uses the package; empty when it fits. */
function check(program, actions = ACTIONS) {
  const folder = mkdtempSync(`${HERE}program-`);
  try {
    writeFileSync(`${folder}/actions.ts`, actions);
    writeFileSync(`${folder}/program.ts`, `${USE}${program}\nexport {};\n`);
    const options = [
      "--ignoreConfig",
      "--noEmit",
      "--strict",
      "--target",
      "es2022",
      "--module",
      "nodenext",
      "--skipLibCheck",
      "false",
    ];
    execFileSync(TSC, [...options, "--types", "", `${folder}/actions.ts`, `${folder}/program.ts`], { stdio: "pipe" });
    return "";
  } catch (error) {
    return String(error.stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("a payload that fits is taken, and the result has its type", () => {
  const program = `
    const { rows } = await client.run("generate_report", { year: 2024, format: "pdf" });
    const sum: number = rows + 1;
    for await (const event of client.submit("generate_report", { year: 2024 })) {
      if (event.type === "complete") console.log(event.result.rows + sum);
    }`;
  assert.equal(check(program), "");
});

test("a payload that does not fit, and an action that nobody declared, are refused", () => {
  assert.match(
    check(`await client.run("generate_report", { year: "2024" });`),
    /'string' is not assignable to type 'number'/,
  );
  assert.match(check(`await client.run("generate_report", { yaer: 2024, year: 1 });`), /'yaer' does not exist/);
  assert.match(check(`await client.run("make_tea", {});`), /"make_tea"' is not assignable/);
  assert.match(check(`(await client.run("health", {})).rows;`), /Property 'rows' does not exist/);
});

test("without declarations any action is taken", () => {
  assert.equal(check(`await client.run("make_tea", { sugar: 2 });`, "export {};"), "");
});

test("the other entries have types too", () => {
  const program = `
    import { shareAmongTabs } from "streamer-client/tabs";
    import { resumeSession } from "streamer-client/session";
    import { useRequest } from "streamer-client/react";
    import { StreamerProgress } from "streamer-client/element";
    const shared = new Client("/ws/", { token: async ({ force }) => (force ? null : "t"), share: shareAmongTabs("alice") });
    resumeSession(shared)[0]?.result();
    const view = useRequest(client, "generate_report");
    view.submit({ year: 2024 });
    const rows: number | undefined = view.result?.rows;
    const element: HTMLElement = new StreamerProgress();
    console.log(rows, element);`;
  assert.equal(check(program), "");
});
