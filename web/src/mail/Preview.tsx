import { Center, Group, Paper, SegmentedControl, Stack } from "@mantine/core";
import { IconDeviceDesktop, IconDeviceMobile } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import classes from "./Preview.module.css";

type Width = "desktop" | "phone";
const WIDTHS: Record<Width, string> = { desktop: "100%", phone: "390px" };

/** A letter in a frame without scripts, forms or an origin, as wide as a desktop or a phone. */
export function Preview({ source, title, height = 620 }: { source: string; title: string; height?: number }) {
  const { t } = useTranslation();
  const [width, setWidth] = useState<Width>("desktop");
  return (
    <Stack gap="sm">
      <SegmentedControl
        w="fit-content"
        aria-label={t("mail.width")}
        value={width}
        onChange={(value) => setWidth(value as Width)}
        data={[
          { value: "desktop", label: <Choice icon={<IconDeviceDesktop size={16} />} text={t("mail.desktop")} /> },
          { value: "phone", label: <Choice icon={<IconDeviceMobile size={16} />} text={t("mail.phone")} /> },
        ]}
      />
      <Paper p={width === "phone" ? "md" : 0} bg="var(--vestnik-canvas)" style={{ overflow: "hidden" }}>
        <iframe className={classes.frame} style={{ width: WIDTHS[width], height }} src={source} title={title} sandbox="" />
      </Paper>
    </Stack>
  );
}

function Choice({ icon, text }: { icon: ReactNode; text: string }) {
  return (
    <Center>
      <Group gap={6} wrap="nowrap">
        {icon}
        <span>{text}</span>
      </Group>
    </Center>
  );
}
