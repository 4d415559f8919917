/** The types of actions. Empty here: a program declares its own, or has `streamer types` write them. */

import type { Frame } from "./wire.ts";

/**
 * The actions by name, each with `payload` and `result`. A file that augments this interface makes `run` and `submit`
 * know them, and refuse what is none:
 *
 *     declare module "streamer-client" {
 *       interface Actions { echo: { payload: { message: string }; result: { message: string } } }
 *     }
 */
// biome-ignore lint/suspicious/noEmptyInterface: programs fill it.
export interface Actions {}

/** The names of the declared actions; any text as long as none is declared. */
export type ActionName = [keyof Actions] extends [never] ? string : keyof Actions & string;

export type PayloadOf<Name> = Name extends keyof Actions
  ? Actions[Name] extends { payload: infer Payload }
    ? Payload
    : Frame
  : Frame;

export type ResultOf<Name> = Name extends keyof Actions
  ? Actions[Name] extends { result: infer Result }
    ? Result
    : unknown
  : unknown;
