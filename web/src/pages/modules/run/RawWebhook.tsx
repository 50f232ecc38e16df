import { Textarea } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { parseRawRequest } from "./raw-request";

interface Props {
  text: string;
  onText: (text: string) => void;
}

/** A request pasted as text, with what is wrong in it. */
export function RawWebhook({ text, onText }: Props) {
  const { t } = useTranslation();
  const parsed = parseRawRequest(text);
  const fault = "fault" in parsed && text.trim() ? parsed.fault : null;
  return (
    <Textarea
      label={t("studio.raw")}
      description={t("studio.rawHint")}
      error={fault && t(`studio.rawFault.${fault.fault}`, { line: fault.line, text: fault.text })}
      autosize
      minRows={7}
      maxRows={16}
      spellCheck={false}
      styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 12.5 } }}
      placeholder={SAMPLE}
      value={text}
      onChange={(event) => onText(event.currentTarget.value)}
    />
  );
}

const SAMPLE = `POST /hooks/my_service HTTP/1.1
Content-Type: application/json

{"event": "opened", "email": "anna@example.com"}`;
