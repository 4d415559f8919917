/** `streamer-client`: follow long work over a connection that comes back by itself. */

export * from "./actions.ts";
export { Client } from "./client.ts";
export type { State, TransportName } from "./connection/connection.ts";
export type { TokenProvider, TokenWish } from "./connection/token.ts";
export * from "./errors.ts";
export { Handle } from "./handle.ts";
export type { ClientOptions, ListFilters, RunOptions, SubmitOptions } from "./options.ts";
export { TopicFollower } from "./topic.ts";
export type { SocketClass } from "./transport/websocket.ts";
export * from "./wire.ts";
