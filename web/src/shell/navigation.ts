import {
  IconAddressBook,
  IconAdjustments,
  IconArrowsExchange,
  IconBrandPython,
  IconBuilding,
  IconCalendar,
  IconCategory,
  IconChartBar,
  IconClipboardList,
  IconCompass,
  IconFilter,
  IconForms,
  IconFrame,
  IconHeartbeat,
  IconHistory,
  IconHourglass,
  IconInbox,
  IconKey,
  IconMail,
  IconMailbox,
  IconPlugConnected,
  IconSend,
  IconShoppingCart,
  IconTargetArrow,
  IconTemplate,
  IconUserOff,
  IconUsers,
  IconWebhook,
  type Icon,
} from "@tabler/icons-react";
import type { LinkProps } from "@tanstack/react-router";
import { leads } from "../api/leads";
import type { Session } from "../api/session";

export interface Place {
  to: LinkProps["to"];
  /** Key of its name under `shell.nav`. */
  name: string;
  icon: Icon;
  right?: string;
  /** How many things wait there. */
  count?: typeof leads.open;
}
interface Group {
  name: string;
  places: Place[];
}

const GROUPS: Group[] = [
  {
    name: "marketing",
    places: [
      { to: "/campaigns", name: "campaigns", icon: IconMail, right: "campaigns.read" },
      { to: "/contacts", name: "contacts", icon: IconAddressBook, right: "contacts.read" },
      { to: "/segments", name: "segments", icon: IconFilter, right: "contacts.read" },
      { to: "/syncs", name: "syncs", icon: IconArrowsExchange, right: "syncs.read" },
      { to: "/categories", name: "categories", icon: IconCategory, right: "contacts.read" },
      { to: "/templates", name: "templates", icon: IconTemplate, right: "templates.read" },
      { to: "/engagement", name: "engagement", icon: IconChartBar, right: "reports.read" },
    ],
  },
  {
    name: "sales",
    places: [
      { to: "/leads", name: "leads", icon: IconInbox, right: "leads.read", count: leads.open },
      { to: "/companies", name: "companies", icon: IconBuilding, right: "contacts.read" },
      { to: "/deals", name: "deals", icon: IconTargetArrow, right: "sales.read" },
      { to: "/orders", name: "orders", icon: IconShoppingCart, right: "sales.read" },
      { to: "/tickets", name: "tickets", icon: IconClipboardList, right: "sales.read" },
      { to: "/calendar", name: "calendar", icon: IconCalendar, right: "calendars.read" },
    ],
  },
  {
    name: "integrations",
    places: [
      { to: "/modules", name: "modules", icon: IconBrandPython, right: "modules.read" },
      { to: "/accounts", name: "accounts", icon: IconPlugConnected, right: "accounts.read" },
      { to: "/settings/intake", name: "intake", icon: IconMailbox, right: "intake.manage" },
      { to: "/webhooks", name: "webhooks", icon: IconWebhook, right: "webhooks.read" },
      { to: "/settings/webhooks", name: "outgoing", icon: IconSend, right: "outgoing.manage" },
    ],
  },
  {
    name: "administration",
    places: [
      { to: "/users", name: "users", icon: IconUsers, right: "users.manage" },
      { to: "/fields", name: "fields", icon: IconForms, right: "fields.manage" },
      { to: "/keys", name: "keys", icon: IconKey, right: "keys.manage" },
      { to: "/embedding", name: "embedding", icon: IconFrame, right: "keys.manage" },
      { to: "/settings", name: "settings", icon: IconAdjustments, right: "settings.manage" },
      { to: "/system", name: "system", icon: IconHeartbeat, right: "system.read" },
      { to: "/audit", name: "audit", icon: IconHistory, right: "audit.read" },
      { to: "/retention", name: "retention", icon: IconHourglass, right: "privacy.manage" },
      { to: "/erasures", name: "erasures", icon: IconUserOff, right: "privacy.manage" },
    ],
  },
];
const START: Group = { name: "demo", places: [{ to: "/start", name: "start", icon: IconCompass }] };

/** The places that this person may go to, in groups; the demo begins with "Where to start". */
export function placesFor(session: Session): Group[] {
  const allowed = GROUPS.map((group) => ({
    ...group,
    places: group.places.filter((place) => !place.right || session.user.rights.includes(place.right)),
  }));
  return (session.demo ? [START, ...allowed] : allowed).filter((group) => group.places.length > 0);
}

/** The place that an address belongs to: the deepest, for one may lie below another's address. */
export function placeOf(pathname: string): string | undefined {
  return GROUPS.concat(START)
    .flatMap((group) => group.places.map((place) => String(place.to)))
    .filter((path) => pathname === path || pathname.startsWith(`${path}/`))
    .toSorted((one, other) => other.length - one.length)[0];
}
