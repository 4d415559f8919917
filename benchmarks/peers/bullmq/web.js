// The web side: a Socket.IO server that adds jobs to BullMQ, and passes their progress on to the client's socket.
import { createServer } from "node:http";
import { Queue, QueueEvents } from "bullmq";
import { Server } from "socket.io";

const connection = { url: process.env.REDIS_URL };
const http = createServer((_, response) => response.end());
const server = new Server(http);
const sockets = new Map();
const queues = {};

for (const name of ["delay", "hash"]) {
  queues[name] = new Queue(name, { connection });
  const events = new QueueEvents(name, { connection });
  events.on("progress", ({ jobId, data }) => sockets.get(jobId)?.emit("progress", { id: jobId, ...data }));
  events.on("completed", ({ jobId }) => {
    sockets.get(jobId)?.emit("end", { id: jobId });
    sockets.delete(jobId);
  });
  await events.waitUntilReady();
}

server.on("connection", (socket) => {
  socket.on("submit", async ({ id, payload }, acknowledge) => {
    sockets.set(id, socket);
    await queues[payload.hash_mib ? "hash" : "delay"].add("work", payload, { jobId: id });
    acknowledge({ id });
  });
});

http.listen(Number(process.env.PORT), "127.0.0.1");
