import { Group, Radio, SimpleGrid, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { MODES, type SyncMode } from "../../api/syncs";
import { after, fates, LIST, SEGMENT, type Fate } from "./example";
import classes from "./ModeChoice.module.css";

const SIGNS: Record<Fate, string> = { stays: "", comes: "+", goes: "−" };

/** A button puts what it holds in its middle; cards of unequal length begin at the top. */
const TOP = { display: "flex", alignItems: "flex-start" };

interface Props {
  value: SyncMode;
  onChange: (mode: SyncMode) => void;
}

/** The three modes, each with what it makes of the list {a, b, c} and the segment {c, d, e}. */
export function ModeChoice({ value, onChange }: Props) {
  const { t } = useTranslation();
  return (
    <Radio.Group aria-label={t("syncs.modeTitle")} value={value} onChange={(mode) => onChange(mode as SyncMode)}>
      <SimpleGrid cols={{ base: 1, md: 3 }}>
        {MODES.map((mode) => (
          <Radio.Card key={mode} value={mode} p="md" className="choice" style={TOP} aria-label={t(`syncs.mode.${mode}`)} aria-describedby={`mode-${mode}`}>
            <Group wrap="nowrap" align="flex-start" w="100%">
              <Radio.Indicator />
              <Stack gap="sm" miw={0} flex={1} id={`mode-${mode}`}>
                <Stack gap={2}>
                  <Text fw={600}>{t(`syncs.mode.${mode}`)}</Text>
                  <Text size="sm" c="dimmed">
                    {t(`syncs.modeHint.${mode}`)}
                  </Text>
                </Stack>
                <Example mode={mode} />
              </Stack>
            </Group>
          </Radio.Card>
        ))}
      </SimpleGrid>
    </Radio.Group>
  );
}

function Example({ mode }: { mode: SyncMode }) {
  const { t } = useTranslation();
  return (
    <div className={classes.example}>
      <Text size="xs" c="dimmed">
        {t("syncs.example.list")}
      </Text>
      <Chips of={LIST.map((who) => ({ who, fate: "stays" }))} />
      <Text size="xs" c="dimmed">
        {t("syncs.example.segment")}
      </Text>
      <Chips of={SEGMENT.map((who) => ({ who, fate: "stays" }))} />
      <Text size="xs" c="dimmed">
        {t("syncs.example.change")}
      </Text>
      <Chips of={fates(mode)} />
      <Text size="xs" c="dimmed">
        {t("syncs.example.after")}
      </Text>
      <Text size="xs" fw={600}>
        {`{${after(mode).join(", ")}}`}
      </Text>
    </div>
  );
}

function Chips({ of }: { of: { who: string; fate: Fate }[] }) {
  return (
    <span className={classes.chips}>
      {of.map(({ who, fate }) => (
        <span key={who} className={`${classes.chip} ${classes[fate]}`}>
          {SIGNS[fate]}
          <span>{who}</span>
        </span>
      ))}
    </span>
  );
}
