import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import * as bundled from "../../../realtime/static/streamer/client/streamer-client.js";
import * as packaged from "../dist/index.js";
// Loaded now, because loading takes real time.
import "../dist/http.js";
import "../../../realtime/static/streamer/client/http.js";
import { runTranscript } from "./fakes/transcript.js";

const FOLDER = new URL("../../transcripts/", import.meta.url);
const read = (name) => JSON.parse(readFileSync(new URL(name, FOLDER), "utf8"));
const welcome = read("format/welcome.json");

for (const [build, library] of Object.entries({ packaged, bundled })) {
  for (const name of readdirSync(FOLDER).filter((file) => file.endsWith(".json"))) {
    const transcript = read(name);
    const title = `${build} ${transcript.name}: ${transcript.describes}`;
    test(title, (context) => runTranscript(context, transcript, welcome, library));
  }
}
