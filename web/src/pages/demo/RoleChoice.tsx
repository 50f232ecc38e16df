import { Loader, SimpleGrid, Text, UnstyledButton } from "@mantine/core";
import { IconBrandPython, IconBriefcase, IconMail, IconShieldCog, type Icon } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { ROLES, type Role } from "../../api/session";

export const ROLE_ICONS: Record<Role, Icon> = {
  administrator: IconShieldCog,
  integrator: IconBrandPython,
  marketer: IconMail,
  sales_manager: IconBriefcase,
};

/** One click makes the visitor of the demo another person. */
export function RoleChoice({ busy, onChoose }: { busy: Role | null; onChoose: (role: Role) => void }) {
  const { t } = useTranslation();
  return (
    <SimpleGrid cols={2} spacing="xs">
      {ROLES.map((role) => {
        const Picture = ROLE_ICONS[role];
        return (
          <UnstyledButton key={role} className="choice" p="sm" onClick={() => onChoose(role)} disabled={busy !== null}>
            {busy === role ? <Loader size={18} /> : <Picture size={18} stroke={1.7} aria-hidden />}
            <Text size="sm" fw={550}>
              {t(`role.${role}`)}
            </Text>
          </UnstyledButton>
        );
      })}
    </SimpleGrid>
  );
}
