import { Button, Group, NumberInput, PasswordInput, Select, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { IconSend } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { organisation, type Security, type Smtp } from "../../api/organisation";
import { tell, tellProblem } from "../../ui/notices";

interface Props {
  value: Smtp;
  onChange: (smtp: Smtp) => void;
  /** Where the test letter goes unless another address is typed. */
  recipient: string;
  /** The first start's link; without it the right to change settings decides. */
  token?: string;
  hasPassword?: boolean;
}

const PORTS: Record<Security, number> = { starttls: 587, tls: 465, none: 25 };

/** Outgoing mail, with a letter to try it. */
export function SmtpFields({ value, onChange, recipient, token, hasPassword }: Props) {
  const { t } = useTranslation();
  const put = (change: Partial<Smtp>) => onChange({ ...value, ...change });
  // A port that somebody typed, or that was kept, stays; only the usual one of the choice before follows the choice.
  const [typed, setTyped] = useState(value.port !== PORTS[value.security]);
  return (
    <Stack>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <TextInput label={t("settings.smtp.host")} placeholder="smtp.example.com" value={value.host} onChange={(event) => put({ host: event.currentTarget.value })} />
        <Group grow align="flex-start" wrap="nowrap">
          <Select
            label={t("settings.smtp.security")}
            allowDeselect={false}
            value={value.security}
            onChange={(security) => put({ security: security as Security, ...(!typed && { port: PORTS[security as Security] }) })}
            data={(Object.keys(PORTS) as Security[]).map((one) => ({ value: one, label: t(`settings.smtp.securityOf.${one}`) }))}
          />
          <NumberInput
            label={t("settings.smtp.port")}
            min={1}
            max={65_535}
            hideControls
            value={value.port}
            onChange={(port) => {
              setTyped(true);
              put({ port: Number(port) });
            }}
          />
        </Group>
        <TextInput
          label={t("settings.smtp.username")}
          autoComplete="off"
          value={value.username ?? ""}
          onChange={(event) => put({ username: event.currentTarget.value || null })}
        />
        <PasswordInput
          label={t("entry.password")}
          autoComplete="new-password"
          placeholder={hasPassword ? t("accounts.secretKept") : undefined}
          visibilityToggleButtonProps={{ "aria-label": t("entry.showPassword") }}
          value={value.password ?? ""}
          onChange={(event) => put({ password: event.currentTarget.value || undefined })}
        />
        <TextInput type="email" label={t("settings.smtp.sender")} value={value.sender} onChange={(event) => put({ sender: event.currentTarget.value })} />
        <TextInput label={t("settings.smtp.senderName")} value={value.senderName} onChange={(event) => put({ senderName: event.currentTarget.value })} />
      </SimpleGrid>
      <TestLetter smtp={value} recipient={recipient} token={token} />
    </Stack>
  );
}

function TestLetter({ smtp, recipient, token }: { smtp: Smtp; recipient: string; token?: string }) {
  const { t } = useTranslation();
  const [to, setTo] = useState(recipient);
  const sending = useMutation({
    mutationFn: () => organisation.testLetter({ smtp, to, ...(token ? { token } : {}) }),
    onSuccess: () => tell(t("settings.smtp.sent", { to })),
    onError: tellProblem,
  });
  return (
    <Group align="flex-end" gap="xs">
      <TextInput flex="1 1 220px" type="email" label={t("settings.smtp.testTo")} value={to} onChange={(event) => setTo(event.currentTarget.value)} />
      <Button
        variant="default"
        leftSection={<IconSend size={16} />}
        disabled={!smtp.host || !to.includes("@")}
        loading={sending.isPending}
        onClick={() => sending.mutate()}
      >
        {t("settings.smtp.test")}
      </Button>
    </Group>
  );
}
