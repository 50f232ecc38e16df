import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { ModuleCard } from "../../api/modules";
import { tell } from "../../ui/notices";

/** After a module appeared: say so and open it in the studio. */
export function useOpenModule(): (message: string) => (module: ModuleCard) => Promise<void> {
  const client = useQueryClient();
  const navigate = useNavigate();
  return (message) => async (module) => {
    tell(message);
    await client.invalidateQueries({ queryKey: ["modules"] });
    await client.invalidateQueries({ queryKey: ["catalogue"] });
    await navigate({ to: "/modules/$id", params: { id: module.id } });
  };
}
