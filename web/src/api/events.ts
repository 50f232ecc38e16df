import { useEffect, useRef, useState } from "react";
import { address } from "./client";

export type Connection = "connecting" | "open" | "lost" | "ended";

/**
 * Follows a server-sent event stream. The stream's named event `end` closes it; a lost connection is tried again by
 * the browser, and `Connection` says so meanwhile.
 */
export function useEvents<Event>(path: string | null, name: string, handle: (event: Event) => void): Connection {
  const [connection, setConnection] = useState<Connection>("connecting");
  const latest = useRef(handle);
  useEffect(() => {
    latest.current = handle;
  });
  useEffect(() => {
    if (!path) return;
    const source = new EventSource(address(path));
    source.addEventListener("open", () => setConnection("open"));
    source.addEventListener("error", () => setConnection("lost"));
    source.addEventListener(name, (event) => latest.current(JSON.parse((event as MessageEvent<string>).data) as Event));
    source.addEventListener("end", () => {
      setConnection("ended");
      source.close();
    });
    return () => source.close();
  }, [path, name]);
  return connection;
}
