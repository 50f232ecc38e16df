import { AppShell, Badge, Box, Burger, Group, NavLink, ScrollArea, Text, useMantineColorScheme, VisuallyHidden } from "@mantine/core";
import { useDisclosure, useMediaQuery } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../api/session";
import { DemoBanner } from "./DemoBanner";
import { Logo } from "./Logo";
import { placeOf, placesFor, type Place } from "./navigation";
import { Preferences } from "./Preferences";
import classes from "./Shell.module.css";
import { UserMenu } from "./UserMenu";

/** Navigation, preferences and the person, around every page. */
export function Shell() {
  const { t } = useTranslation();
  const session = useSession();
  const { setColorScheme } = useMantineColorScheme();
  const { theme } = session.user;
  useEffect(() => {
    if (theme !== "auto") setColorScheme(theme);
  }, [theme, setColorScheme]);
  const [opened, { toggle, close }] = useDisclosure();
  const { pathname } = useLocation();
  const narrow = useMediaQuery("(max-width: 48em)");
  useEffect(close, [pathname, close]);
  return (
    <AppShell
      layout="alt"
      header={{ height: 56 }}
      navbar={{ width: 244, breakpoint: "sm", collapsed: { mobile: !opened } }}
      padding={{ base: "md", sm: "xl" }}
    >
      <a href="#content" className="skip-link">
        {t("shell.skip")}
      </a>
      <AppShell.Header className={classes.header}>
        <Group h="100%" px={{ base: "md", sm: "xl" }} gap="sm" wrap="nowrap">
          <Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={t("shell.menu")} aria-expanded={opened} />
          <Text fw={550} c="dimmed" size="sm" truncate visibleFrom="sm">
            {session.organisation.name}
          </Text>
          <Box hiddenFrom="sm">
            <Logo size={26} />
          </Box>
          <Group ml="auto" gap="xs" wrap="nowrap">
            <Preferences />
            <UserMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar className={classes.navbar} aria-label={t("shell.navigation")} inert={narrow && !opened}>
        <Group h={56} px="md" justify="space-between" wrap="nowrap">
          <Link to="/" className={classes.home} aria-label={t("shell.toHome")}>
            <Logo />
          </Link>
          <Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={t("common.close")} />
        </Group>
        <ScrollArea flex={1} px="sm" pb="md" viewportProps={{ tabIndex: -1 }}>
          {placesFor(session).map((group) => (
            <Box key={group.name} mb="md">
              <Text className={classes.group}>{t(`shell.group.${group.name}`)}</Text>
              {group.places.map((place) => (
                <PlaceLink key={place.name} place={place} pathname={pathname} />
              ))}
            </Box>
          ))}
        </ScrollArea>
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} className={classes.main}>
        <Box maw={1360} mx="auto">
          {session.demo && <DemoBanner />}
          <Outlet />
        </Box>
      </AppShell.Main>
    </AppShell>
  );
}

function PlaceLink({ place, pathname }: { place: Place; pathname: string }) {
  const { t } = useTranslation();
  const path = String(place.to);
  const here = placeOf(pathname) === path;
  return (
    <NavLink
      component={Link}
      to={path}
      active={here}
      aria-current={here ? "page" : undefined}
      label={t(`shell.nav.${place.name}`)}
      leftSection={<place.icon size={18} stroke={1.7} aria-hidden />}
      rightSection={place.count && <Waiting count={place.count} />}
      className={classes.place}
    />
  );
}

/** How many things wait at a place; a failure to count is no matter of the navigation. */
function Waiting({ count }: { count: NonNullable<Place["count"]> }) {
  const { t } = useTranslation();
  const waiting = useQuery(count).data ?? 0;
  if (waiting === 0) return null;
  return (
    <Badge size="sm" color="orange" className="numbers">
      <span aria-hidden>{waiting}</span>
      <VisuallyHidden>{t("shell.waiting", { count: waiting })}</VisuallyHidden>
    </Badge>
  );
}
