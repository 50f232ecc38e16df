import type { QueryClient } from "@tanstack/react-query";
import { accounts, type HostApproval } from "../../api/accounts";

export const GET_LISTS = "CRM_Marketing_GetLists";

/** Why a service did not accept an account, and the setting that was the reason, where its module says so. */
export interface Refusal {
  words: string;
  setting: string | null;
}

/** Where connecting leads next: to a key that was refused it leads back. */
export type Outcome = { step: "hosts" } | { step: "lists"; problem: unknown } | { step: "keys"; refused: Refusal };

/** Whether an address that the account's key goes to waits for approval; others, as of pictures, may wait. */
export function stands(hosts: HostApproval[]): boolean {
  const asked = hosts.filter((host) => host.requested);
  const withKey = asked.filter((host) => host.secrets.length > 0);
  return (withKey.length > 0 ? withKey : asked).some((host) => !host.approved);
}

/** Checks an account whose addresses are open, then reads its lists; they may also be read later. */
export async function connect(client: QueryClient, id: string, functions: string[]): Promise<Outcome> {
  const hosts = await client.fetchQuery({ ...accounts.hosts(id), staleTime: 0 });
  if (stands(hosts.items)) return { step: "hosts" };
  const said = await accounts.check(id);
  await client.invalidateQueries({ queryKey: ["accounts"] });
  if (!said.ok) return { step: "keys", refused: { words: said.message, setting: said.setting } };
  if (!functions.includes(GET_LISTS)) return { step: "lists", problem: null };
  try {
    client.setQueryData(accounts.lists(id).queryKey, await accounts.importLists(id));
    return { step: "lists", problem: null };
  } catch (problem) {
    return { step: "lists", problem };
  }
}
