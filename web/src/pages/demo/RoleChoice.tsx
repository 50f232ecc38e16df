import { Group, Loader, SimpleGrid, Text, UnstyledButton } from "@mantine/core";
import { IconBrandPython, IconBriefcase, IconMail, IconPencil, IconShieldCog, type Icon } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { PlayedRole, Role } from "../../api/session";

export const ROLE_ICONS: Record<PlayedRole, Icon> = {
  administrator: IconShieldCog,
  integrator: IconBrandPython,
  marketer: IconMail,
  editor: IconPencil,
  sales_manager: IconBriefcase,
};

/** The demo has a person for each of these. */
const PLAYED: PlayedRole[] = ["administrator", "integrator", "marketer", "editor", "sales_manager"];

/** One click makes the visitor of the demo another person. */
export function RoleChoice({ busy, onChoose }: { busy: Role | null; onChoose: (role: Role) => void }) {
  const { t } = useTranslation();
  return (
    <SimpleGrid cols={2} spacing="xs">
      {PLAYED.map((role) => {
        const Picture = ROLE_ICONS[role];
        return (
          <UnstyledButton key={role} className="choice" py="sm" px={{ base: 10, xs: "sm" }} onClick={() => onChoose(role)} disabled={busy !== null}>
            <Group gap={8} wrap="nowrap" mih={40}>
              {busy === role ? <Loader size={20} /> : <Picture size={20} stroke={1.7} aria-hidden style={{ flex: "none" }} />}
              <Text size="sm" fw={550} lh={1.3}>
                {t(`role.${role}`)}
              </Text>
            </Group>
          </UnstyledButton>
        );
      })}
    </SimpleGrid>
  );
}
