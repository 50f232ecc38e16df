import { Alert, CopyButton, Button, Stack, Tabs, Text } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { CodeBlock } from "../../../ui/CodeBlock";
import node from "./sign.mjs.txt?raw";
import php from "./sign.php.txt?raw";
import python from "./sign.py.txt?raw";

const LANGUAGES = [
  { name: "Python", text: python },
  { name: "PHP", text: php },
  { name: "Node", text: node },
];
const FRAME = '<iframe src="…" title="Vestnik" width="380" height="640" style="border: 0"></iframe>';

/** How another system signs a link with a key, ready to be copied. */
export function Examples({ keyId, secret }: { keyId: string; secret: string | null }) {
  const { t, i18n } = useTranslation();
  const filled = (text: string) =>
    text
      .replaceAll("{{address}}", location.origin)
      .replaceAll("{{key}}", keyId)
      .replaceAll("{{secret}}", secret ?? t("embedding.secretHere"))
      .replaceAll("{{language}}", i18n.language);
  return (
    <Stack gap="sm">
      <Text size="sm">{t("embedding.exampleHint")}</Text>
      <Tabs defaultValue="Python" keepMounted={false}>
        <Tabs.List aria-label={t("embedding.example")}>
          {LANGUAGES.map(({ name }) => (
            <Tabs.Tab key={name} value={name}>
              {name}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {LANGUAGES.map(({ name, text }) => (
          <Tabs.Panel key={name} value={name} pt="sm">
            <Stack gap="xs" align="flex-start">
              <div style={{ width: "100%" }}>
                <CodeBlock text={filled(text)} label={t("embedding.exampleIn", { language: name })} height={360} />
              </div>
              <Copy text={filled(text)} />
            </Stack>
          </Tabs.Panel>
        ))}
      </Tabs>
      <Text size="sm">{t("embedding.frameHint")}</Text>
      <CodeBlock text={FRAME} label={t("embedding.frame")} />
      <Alert color="blue">{t("embedding.rules")}</Alert>
    </Stack>
  );
}

function Copy({ text }: { text: string }) {
  const { t } = useTranslation();
  return (
    <CopyButton value={text}>
      {({ copied, copy }) => (
        <Button size="compact-sm" variant="default" leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />} onClick={copy}>
          {t(copied ? "common.copied" : "common.copy")}
        </Button>
      )}
    </CopyButton>
  );
}
