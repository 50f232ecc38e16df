import { Anchor } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

/** A link within a line of the card; who may not open it reads its words alone. */
export function CardLink({ to, may = true, children }: { to: string; may?: boolean; children: ReactNode }) {
  if (!may) return <>{children}</>;
  return (
    <Anchor component={Link} to={to} size="sm">
      {children}
    </Anchor>
  );
}
