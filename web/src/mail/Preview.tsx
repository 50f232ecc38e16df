import { Center, Group, Paper, SegmentedControl, Skeleton, Stack } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { IconDeviceDesktop, IconDeviceMobile } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import classes from "./Preview.module.css";

type Width = "desktop" | "phone";
const PHONE = 390;
/** Narrower than this nobody's desktop is: where there is less room, the letter is shown smaller. */
const DESKTOP = 720;

interface Props {
  source: string;
  title: string;
  height?: number;
  /** Stands beside the choice of width. */
  aside?: ReactNode;
}

/** A letter in a frame without scripts, forms or an origin, as wide as a desktop or a phone. */
export function Preview({ source, title, height = 620, aside }: Props) {
  const { t } = useTranslation();
  const [width, setWidth] = useState<Width>(() => (window.innerWidth < DESKTOP ? "phone" : "desktop"));
  const [arrived, setArrived] = useState("");
  const { ref, width: room } = useElementSize();
  const wide = width === "phone" ? PHONE : Math.max(room, DESKTOP);
  const scale = room > 0 ? Math.min(1, room / wide) : 1;
  const shown = height * Math.max(scale, 0.6);
  return (
    <Stack gap="sm">
      <Group justify="space-between" gap="sm">
        <SegmentedControl
          aria-label={t("mail.width")}
          value={width}
          onChange={(value) => setWidth(value as Width)}
          data={[
            { value: "desktop", label: <Choice icon={<IconDeviceDesktop size={16} />} text={t("mail.desktop")} /> },
            { value: "phone", label: <Choice icon={<IconDeviceMobile size={16} />} text={t("mail.phone")} /> },
          ]}
        />
        {aside}
      </Group>
      <Paper p={width === "phone" ? "md" : 0} bg="var(--vestnik-canvas)" style={{ overflow: "hidden" }}>
        <div ref={ref} className={classes.place} style={{ height: shown }}>
          {arrived !== source && <Skeleton className={classes.waiting} />}
          <iframe
            className={classes.frame}
            style={{ width: wide, height: shown / scale, transform: `scale(${scale})`, marginInline: Math.max(0, (room - wide * scale) / 2) }}
            src={source}
            title={title}
            sandbox=""
            onLoad={() => setArrived(source)}
          />
        </div>
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
