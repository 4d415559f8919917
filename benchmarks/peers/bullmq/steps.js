// The work of one request: steps that each report, then wait, or hash some memory.
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

const MIB = Buffer.alloc(1024 * 1024);

function hashMemory(mib) {
  const digest = createHash("sha256");
  for (let done = 0; done < mib; done += 1) {
    digest.update(MIB);
  }
  digest.digest();
}

export default async function work(job) {
  const { steps, seconds, hash_mib: mib } = job.data;
  const started = performance.now();
  for (let step = 0; step < steps; step += 1) {
    const sentAt = (performance.timeOrigin + performance.now()) / 1000;
    await job.updateProgress({ percentage: (100 * step) / steps, sent_at: sentAt });
    hashMemory(mib);
    const pause = started + (1000 * seconds * (step + 1)) / steps - performance.now();
    if (pause > 0) {
      await sleep(pause);
    }
  }
}
