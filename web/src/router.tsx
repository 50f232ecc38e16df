import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";
import type { ComponentType } from "react";
import { queries } from "./api/queries";
import { sessionQuery, type Role } from "./api/session";
import { Failure, Missing } from "./shell/Failure";
import { calendarSearch } from "./pages/calendar/search";
import { contactSearch } from "./pages/contacts/list/list-search";
import { stopSearch } from "./pages/contacts/stop-search";
import { leadSearch } from "./pages/leads/search";
import { salesSearch } from "./pages/sales/search";
import { studioSearch } from "./pages/modules/search";
import { keyIn, parseSearch, stringifySearch } from "./search";
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
  // Whoever is signed in may sign in as somebody else: the request carries the token of the present session.
  beforeLoad: async () => void (await queries.ensureQueryData(sessionQuery)),
  component: lazyRouteComponent(() => import("./pages/entry/Login")),
});

const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  validateSearch: (raw: Record<string, unknown>): { token?: string } =>
    typeof raw.token === "string" ? { token: raw.token } : {},
  component: lazyRouteComponent(() => import("./pages/entry/Setup")),
});

/** Pages that a link in a letter opens; its token stands behind the #, which no browser sends. */
function byLink<Path extends string>(path: Path, load: () => PageModule) {
  return createRoute({
    getParentRoute: () => root,
    path,
    // Whoever is signed in may open one too: the request carries the token of the present session.
    beforeLoad: async () => void (await queries.ensureQueryData(sessionQuery)),
    component: lazyRouteComponent(load),
    pendingComponent: PageLoading,
  });
}

async function signedIn({ location }: { location: { pathname: string; href: string } }): Promise<void> {
  const session = await queries.ensureQueryData(sessionQuery);
  if (!session) throw redirect({ to: "/login", search: location.pathname === "/" ? {} : { next: location.href } });
}

/** Everything that needs a signed-in person, inside the shell. */
const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  beforeLoad: signedIn,
  component: Shell,
});

const HOMES: Partial<Record<Role, string>> = { integrator: "/modules", connector: "/accounts" };

const home = createRoute({
  getParentRoute: () => inside,
  path: "/",
  beforeLoad: () => {
    const session = queries.getQueryData(sessionQuery.queryKey);
    throw redirect({ to: session?.demo ? "/start" : HOMES[session?.user.role ?? "marketer"] ?? "/campaigns" });
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

/** A list of sales, whose address holds its filters. */
function sales<Path extends string>(path: Path, load: () => PageModule) {
  return createRoute({
    getParentRoute: () => inside,
    path,
    validateSearch: salesSearch,
    component: lazyRouteComponent(load),
    pendingComponent: PageLoading,
  });
}

/** A sheet of paper: without the shell around it. */
function paper<Path extends string>(path: Path, load: () => PageModule) {
  return createRoute({
    getParentRoute: () => root,
    path,
    validateSearch: (raw: Record<string, unknown>): { order?: string } => ({
      order: /^[0-9]{1,19}$/.test(String(raw.order ?? "")) ? String(raw.order) : undefined,
    }),
    beforeLoad: signedIn,
    component: lazyRouteComponent(load),
    pendingComponent: PageLoading,
  });
}

const studio = createRoute({
  getParentRoute: () => inside,
  path: "/modules/$id",
  validateSearch: studioSearch,
  component: lazyRouteComponent(() => import("./pages/modules/Studio")),
  pendingComponent: PageLoading,
});

const contactsList = createRoute({
  getParentRoute: () => inside,
  path: "/contacts",
  validateSearch: contactSearch,
  component: lazyRouteComponent(() => import("./pages/contacts/Contacts")),
  pendingComponent: PageLoading,
});

const stops = createRoute({
  getParentRoute: () => inside,
  path: "/stop-list",
  validateSearch: stopSearch,
  component: lazyRouteComponent(() => import("./pages/contacts/StopList")),
  pendingComponent: PageLoading,
});

const calendar = createRoute({
  getParentRoute: () => inside,
  path: "/calendar",
  validateSearch: calendarSearch,
  component: lazyRouteComponent(() => import("./pages/calendar/Calendar")),
  pendingComponent: PageLoading,
});

const leadInbox = createRoute({
  getParentRoute: () => inside,
  path: "/leads",
  validateSearch: leadSearch,
  component: lazyRouteComponent(() => import("./pages/leads/Leads")),
  pendingComponent: PageLoading,
});

/** An address that leads nowhere: the navigation stays at hand. */
const missing = createRoute({ getParentRoute: () => inside, path: "$", component: Missing });

const audience = createRoute({
  getParentRoute: () => inside,
  path: "/campaigns/$id/audience",
  validateSearch: (raw: Record<string, unknown>): { verdict?: string; lacking?: string } => ({
    verdict: typeof raw.verdict === "string" ? raw.verdict : undefined,
    lacking: typeof raw.lacking === "string" ? raw.lacking : undefined,
  }),
  component: lazyRouteComponent(() => import("./pages/campaigns/Audience")),
  pendingComponent: PageLoading,
});

const syncRun = createRoute({
  getParentRoute: () => inside,
  path: "/syncs/$id/run",
  // Without a run it is the newest.
  validateSearch: (raw: Record<string, unknown>): { run?: string } => ({ run: keyIn(raw.run) }),
  component: lazyRouteComponent(() => import("./pages/syncs/Run")),
  pendingComponent: PageLoading,
});

/** An address that was, or that people look for, and where the page is. */
const moved = <Path extends string>(path: Path, to: "/accounts") =>
  createRoute({
    getParentRoute: () => inside,
    path,
    beforeLoad: () => {
      throw redirect({ to });
    },
  });

const routes = root.addChildren([
  login,
  setup,
  byLink("/forgotten", () => import("./pages/entry/Forgotten")),
  byLink("/reset", () => import("./pages/entry/Reset")),
  byLink("/invitation", () => import("./pages/entry/Invitation")),
  paper("/tickets/print", () => import("./pages/sales/PrintOrder")),
  paper("/tickets/$id/print", () => import("./pages/sales/PrintTicket")),
  inside.addChildren([
    home,
    page("/start", () => import("./pages/demo/Start")),
    page("/campaigns", () => import("./pages/campaigns/Campaigns")),
    page("/campaigns/new", () => import("./pages/campaigns/NewCampaign")),
    page("/campaigns/$id", () => import("./pages/campaigns/Campaign")),
    audience,
    page("/campaigns/$id/edit", () => import("./pages/campaigns/EditCampaign")),
    page("/templates", () => import("./pages/templates/Templates")),
    page("/templates/$id", () => import("./pages/templates/Template")),
    contactsList,
    stops,
    page("/contacts/duplicates", () => import("./pages/contacts/Duplicates")),
    page("/contacts/$id", () => import("./pages/contacts/Contact")),
    leadInbox,
    page("/leads/statistics", () => import("./pages/leads/Statistics")),
    page("/leads/inputs", () => import("./pages/intake/Inputs")),
    page("/leads/inputs/$id", () => import("./pages/intake/Input")),
    page("/leads/$id", () => import("./pages/leads/Lead")),
    sales("/companies", () => import("./pages/companies/Companies")),
    page("/companies/$id", () => import("./pages/companies/Company")),
    sales("/deals", () => import("./pages/sales/Deals")),
    page("/deals/$id", () => import("./pages/sales/Deal")),
    sales("/orders", () => import("./pages/sales/Orders")),
    page("/orders/$id", () => import("./pages/sales/Order")),
    sales("/tickets", () => import("./pages/sales/Tickets")),
    page("/tickets/$id", () => import("./pages/sales/Ticket")),
    page("/imports", () => import("./pages/imports/Imports")),
    page("/imports/schedules", () => import("./pages/imports/Schedules")),
    page("/imports/schedules/$id", () => import("./pages/imports/Schedule")),
    page("/imports/$id", () => import("./pages/imports/Import")),
    page("/segments", () => import("./pages/segments/Segments")),
    page("/segments/new", () => import("./pages/segments/EditSegment")),
    page("/segments/$id", () => import("./pages/segments/EditSegment")),
    page("/syncs", () => import("./pages/syncs/Syncs")),
    page("/syncs/new", () => import("./pages/syncs/NewSync")),
    page("/syncs/$id", () => import("./pages/syncs/Sync")),
    page("/syncs/$id/edit", () => import("./pages/syncs/EditSync")),
    syncRun,
    page("/categories", () => import("./pages/segments/Categories")),
    page("/categories/$id", () => import("./pages/segments/Category")),
    page("/engagement", () => import("./pages/reports/Engagement")),
    calendar,
    page("/modules", () => import("./pages/modules/Modules")),
    studio,
    page("/accounts", () => import("./pages/accounts/Accounts")),
    moved("/integrations", "/accounts"),
    moved("/settings/integrations", "/accounts"),
    page("/accounts/new", () => import("./pages/accounts/NewAccount")),
    page("/accounts/$id", () => import("./pages/accounts/Account")),
    page("/webhooks", () => import("./pages/webhooks/Webhooks")),
    page("/webhooks/$id", () => import("./pages/webhooks/Webhook")),
    page("/fields", () => import("./pages/admin/Fields")),
    page("/retention", () => import("./pages/admin/Retention")),
    page("/erasures", () => import("./pages/admin/Erasures")),
    page("/users", () => import("./pages/admin/Users")),
    page("/users/$id", () => import("./pages/admin/User")),
    page("/profile", () => import("./pages/profile/Profile")),
    page("/keys", () => import("./pages/admin/Keys")),
    page("/embedding", () => import("./pages/admin/embedding/Embedding")),
    page("/settings", () => import("./pages/admin/Settings")),
    page("/settings/intake", () => import("./pages/intake/Intake")),
    page("/settings/collectors/new", () => import("./pages/intake/NewCollector")),
    page("/settings/collectors/$id", () => import("./pages/intake/Collector")),
    page("/settings/doors/$id", () => import("./pages/intake/Door")),
    page("/settings/webhooks", () => import("./pages/outgoing/OutgoingList")),
    page("/settings/webhooks/$id", () => import("./pages/outgoing/OutgoingPage")),
    page("/system", () => import("./pages/system/System")),
    page("/audit", () => import("./pages/admin/Audit")),
    missing,
  ]),
]);

export const router = createRouter({
  routeTree: routes,
  parseSearch,
  stringifySearch,
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
