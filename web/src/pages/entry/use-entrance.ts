import { useMantineColorScheme } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { sessionQuery, withEarlyChoices, type Session } from "../../api/session";
import { chooseLanguage } from "../../i18n";

/** What follows a sign-in: the person's language and theme, nothing left of whoever was here before, and the page. */
export function useEntrance(next?: string): (session: Session, to?: string) => Promise<void> {
  const router = useRouter();
  const client = useQueryClient();
  const { setColorScheme } = useMantineColorScheme();
  return async (entered, to = next) => {
    const session = await withEarlyChoices(entered);
    // What this page still shows is not asked anew: a first start's link, for one, is used up by now.
    client.removeQueries({ type: "inactive" });
    client.setQueryData(sessionQuery.queryKey, session);
    await chooseLanguage(session.user.language);
    if (session.user.theme !== "auto") setColorScheme(session.user.theme);
    router.history.push(to ?? "/");
  };
}
