/** `streamer-client/react`: hooks that show a request, and the feed of all requests. */

import { useCallback, useEffect, useState } from "react";
import type { StreamerError } from "./errors.ts";
import type { ActionName, Client, Handle, PayloadOf, RequestEvent, ResultOf, SubmitOptions } from "./index.ts";
import { BLANK, type RequestView, viewAfter, viewFailed } from "./view.ts";
import type { Frame } from "./wire.ts";

export type { RequestView } from "./view.ts";

export interface UseRequest<Name extends ActionName> extends RequestView<ResultOf<Name>> {
  /** Submit the action; the view is that of this request from then on. */
  submit(payload?: PayloadOf<Name>, options?: SubmitOptions): Handle<ResultOf<Name>>;
  /** Follow a request that was submitted elsewhere, or before. */
  follow(requestId: string): void;
  /** Have the request stopped; what its final message says is shown. */
  cancel(): void;
}

/**
 * The state of one request of `action`, kept up to date. With `options.requestId` it follows that one from the start.
 * A component that goes away stops following; the request runs on.
 */
export function useRequest<Name extends ActionName>(
  client: Client,
  action: Name,
  options: { requestId?: string | null } = {},
): UseRequest<Name> {
  type Result = ResultOf<Name>;
  const [view, setView] = useState<RequestView<Result>>(BLANK);
  const [handle, setHandle] = useState<Handle<Result> | null>(null);
  const { requestId = null } = options;

  const follow = useCallback((id: string) => setHandle(client.follow(id) as Handle<Result>), [client]);
  const submit = useCallback(
    (payload?: PayloadOf<Name>, submitOptions?: SubmitOptions) => {
      const submitted = client.submit(action, payload, submitOptions);
      setHandle(submitted);
      return submitted;
    },
    [client, action],
  );
  const cancel = useCallback(() => void handle?.cancel().catch(() => {}), [handle]);

  useEffect(() => {
    if (!requestId) return;
    const followed = client.follow(requestId) as Handle<Result>;
    setHandle(followed);
    return () => followed.close();
  }, [client, requestId]);
  useEffect(() => (handle ? show(handle, setView) : undefined), [handle]);
  return { ...view, submit, follow, cancel };
}

type Change<Value> = (change: (value: Value) => Value) => void;

/** Show what comes. Returns a function that stops that. */
function show<Result>(handle: Handle<Result>, setView: Change<RequestView<Result>>): () => void {
  let isShown = true;
  const change: Change<RequestView<Result>> = (next) => isShown && setView(next);
  change(() => ({ ...BLANK, status: handle.requestId ? "pending" : "sending", requestId: handle.requestId }));
  handle.acknowledged.then(
    (message) => message && change((view) => ({ ...view, status: "pending", requestId: message.request_id })),
    () => {},
  );
  (async () => {
    for await (const event of handle as AsyncIterable<RequestEvent<Result>>) change((view) => viewAfter(view, event));
  })().catch((error: StreamerError) => change((view) => viewFailed(view, error)));
  return () => {
    isShown = false;
    handle.close();
  };
}

export interface UseFeed {
  /** The requests of the user, the newest first, as far as they changed since the component is there. */
  requests: Frame[];
  /** Too much has changed to be told: read `Client.list` as well. */
  isTruncated: boolean;
  error: StreamerError | null;
}

/** All requests of the user that are new or have changed, whoever submitted them. */
export function useFeed(client: Client): UseFeed {
  const [feed, setFeed] = useState<UseFeed>({ requests: [], isTruncated: false, error: null });
  useEffect(() => {
    const follower = client.feed();
    (async () => {
      for await (const message of follower) setFeed((old) => fed(old, message));
    })().catch((error) => setFeed((old) => ({ ...old, error })));
    return () => follower.close();
  }, [client]);
  return feed;
}

function fed(feed: UseFeed, message: Frame): UseFeed {
  if (message.type === "subscribed") return { ...feed, isTruncated: feed.isTruncated || message.truncated };
  const { request } = message;
  if (!request) return feed;
  const others = feed.requests.filter(({ request_id: id }) => id !== request.request_id);
  const requests = [request, ...others].sort((a, b) => (a.created_at < b.created_at ? 1 : -1));
  return { ...feed, requests };
}
