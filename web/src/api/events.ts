import { useEffect, useRef, useState } from "react";
import { address } from "./client";

export type Connection = "connecting" | "open" | "lost" | "ended";

const AGAIN_MS = 5_000;

/**
 * Follows a server-sent event stream. The stream's named event `end` closes it; a lost connection is tried again by
 * the browser, a refused one after a while by us, and `Connection` says so meanwhile.
 */
export function useEvents<Event>(path: string | null, name: string, handle: (event: Event) => void): Connection {
  const [connection, setConnection] = useState<Connection>("connecting");
  const latest = useRef(handle);
  useEffect(() => {
    latest.current = handle;
  });
  useEffect(() => {
    if (!path) return;
    let source: EventSource;
    let again: number | undefined;
    const open = () => {
      source = new EventSource(address(path));
      source.addEventListener("open", () => setConnection("open"));
      source.addEventListener("error", () => {
        setConnection("lost");
        if (source.readyState === EventSource.CLOSED) again = window.setTimeout(open, AGAIN_MS);
      });
      source.addEventListener(name, (event) => latest.current(JSON.parse((event as MessageEvent<string>).data) as Event));
      source.addEventListener("end", () => {
        setConnection("ended");
        source.close();
      });
    };
    open();
    return () => {
      window.clearTimeout(again);
      source.close();
    };
  }, [path, name]);
  return path ? connection : "ended";
}
