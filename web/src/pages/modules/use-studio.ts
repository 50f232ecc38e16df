import { useNavigate, useSearch } from "@tanstack/react-router";
import { studioSearch, type StudioSearch } from "./search";

/** The studio's state that lives in the address, and how it is changed. */
export function useStudio(): StudioSearch & { set: (change: StudioSearch) => void } {
  const search = useSearch({ from: "/inside/modules/$id" });
  const navigate = useNavigate();
  return {
    ...search,
    set: (change) =>
      void navigate({ to: ".", search: (before: object) => studioSearch({ ...before, ...change }), replace: true } as never),
  };
}
