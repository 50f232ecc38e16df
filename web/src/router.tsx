import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";
import type { ComponentType } from "react";
import { queries } from "./api/queries";
import { sessionQuery } from "./api/session";
import { Failure, Missing } from "./shell/Failure";
import { Shell } from "./shell/Shell";
import { PageLoading } from "./ui/Loading";
import { listSearch } from "./ui/list-state";

type PageModule = Promise<{ default: ComponentType }>;

const root = createRootRoute({ notFoundComponent: Missing, errorComponent: Failure });

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: (raw: Record<string, unknown>): { next?: string } =>
    typeof raw.next === "string" && /^\/(?!\/)/.test(raw.next) ? { next: raw.next } : {},
  component: lazyRouteComponent(() => import("./pages/entry/Login")),
});

const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  validateSearch: (raw: Record<string, unknown>): { token?: string } =>
    typeof raw.token === "string" ? { token: raw.token } : {},
  component: lazyRouteComponent(() => import("./pages/entry/Login")),
});

/** Everything that needs a signed-in person, inside the shell. */
const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  beforeLoad: async ({ location }) => {
    const session = await queries.ensureQueryData(sessionQuery);
    if (!session) throw redirect({ to: "/login", search: location.pathname === "/" ? {} : { next: location.href } });
  },
  component: Shell,
});

const home = createRoute({
  getParentRoute: () => inside,
  path: "/",
  beforeLoad: () => {
    const session = queries.getQueryData(sessionQuery.queryKey);
    throw redirect({ to: session?.demo ? "/start" : session?.user.role === "integrator" ? "/modules" : "/campaigns" });
  },
});

function page<Path extends string>(path: Path, load: () => PageModule) {
  return createRoute({
    getParentRoute: () => inside,
    path,
    validateSearch: listSearch,
    component: lazyRouteComponent(load),
    pendingComponent: PageLoading,
  });
}

const routes = root.addChildren([
  login,
  setup,
  inside.addChildren([
    home,
  ]),
]);

export const router = createRouter({
  routeTree: routes,
  defaultPreload: "intent",
  defaultPendingMs: 150,
  defaultErrorComponent: Failure,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
