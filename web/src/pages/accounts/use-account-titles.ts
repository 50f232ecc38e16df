import { useQuery } from "@tanstack/react-query";
import { accounts } from "../../api/accounts";

/** Titles of the accounts by their ids. */
export function useAccountTitles(): Map<string, string> {
  const { data } = useQuery(accounts.list);
  return new Map(data?.items.map((account) => [account.id, account.title]));
}
