// The BullMQ side: eight jobs at a time. Those that keep a processor busy run in child processes, as BullMQ advises.
import { Worker } from "bullmq";
import work from "./steps.js";

const options = { connection: { url: process.env.REDIS_URL }, concurrency: 8 };
new Worker("delay", work, options);
new Worker("hash", new URL("./steps.js", import.meta.url), options);
