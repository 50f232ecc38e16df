import { Anchor } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

interface Props {
  to: string;
  search?: Record<string, string>;
  may?: boolean;
  children: ReactNode;
}

/** A link within a line of the card; who may not open it reads its words alone. */
export function CardLink({ to, search, may = true, children }: Props) {
  if (!may) return <>{children}</>;
  return (
    <Anchor component={Link} to={to} search={search as never} size="sm">
      {children}
    </Anchor>
  );
}
