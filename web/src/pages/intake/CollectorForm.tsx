import { Button, Group, NumberInput, PasswordInput, Select, SimpleGrid, Stack, Switch, Textarea, TextInput } from "@mantine/core";
import { IconPlugConnected } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { collectors, type Collector, type CollectorBody } from "../../api/intake";
import { DayPicker } from "../../ui/DayPicker";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { AfterFields } from "./AfterFields";
import { CheckResult } from "./CheckResult";
import { Destination } from "./Choices";
import { bodyOf, draftOf, PORTS, type Draft } from "./draft";
import { MappingEditor } from "./MappingEditor";

export interface Part {
  draft: Draft;
  put: (change: Partial<Draft>) => void;
}

interface Props {
  /** The one that is changed; without it a new one is made. */
  collector?: Collector;
  save: (body: CollectorBody) => Promise<unknown>;
}

/** Everything that a person says of a mailbox; it may be looked at before anything is saved. */
export function CollectorForm({ collector, save }: Props) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(() => draftOf(collector));
  const put = (change: Partial<Draft>) => setDraft((before) => ({ ...before, ...change }));
  const check = useMutation({ mutationFn: () => collectors.check({ ...bodyOf(draft), title: draft.title.trim() || draft.host, id: collector?.id ?? null }) });
  const saving = useMutation({ mutationFn: () => save(bodyOf(draft)), onSuccess: () => put({ password: "" }) });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    saving.mutate();
  };
  const part = { draft, put };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Panel title={t("intake.collector.what")}>
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <TextInput required label={t("common.name")} placeholder={t("intake.collector.nameExample")} maxLength={200} value={draft.title} onChange={(event) => put({ title: event.currentTarget.value })} />
            <Select label={t("intake.collector.kind")} allowDeselect={false} value="site_requests" data={[{ value: "site_requests", label: t("intake.collector.siteRequests") }]} />
          </SimpleGrid>
        </Panel>
        <Panel title={t("intake.collector.mailbox")} description={t("intake.collector.mailboxHint")}>
          <Mailbox {...part} kept={Boolean(collector)} />
          <Group mt="md">
            <Button
              variant="default"
              leftSection={<IconPlugConnected size={16} />}
              loading={check.isPending}
              disabled={!draft.host.trim() || !draft.username.trim() || (!collector && !draft.password)}
              onClick={() => check.mutate()}
            >
              {t("intake.check.do")}
            </Button>
          </Group>
          {check.error && <ProblemPanel problem={check.error} />}
          {check.data && <CheckResult check={check.data} fromDate={draft.fromDate} keyword={draft.keyword} />}
        </Panel>
        <Panel title={t("intake.collector.letters")}>
          <Letters {...part} folders={check.data?.folders ?? []} />
        </Panel>
        <Panel title={t("intake.goes")}>
          <Destination value={draft} onChange={put} />
        </Panel>
        <Panel title={t("intake.after.title")} description={t("intake.after.hint")}>
          <AfterFields {...part} folders={check.data?.folders ?? []} />
        </Panel>
        <Panel title={t("intake.mapping")} description={t("intake.mappingHint")}>
          <MappingEditor value={draft.mapping} onChange={(mapping) => put({ mapping })} />
        </Panel>
        {saving.error && <ProblemPanel problem={saving.error} />}
        <Group justify="flex-end">
          <Button type="submit" loading={saving.isPending}>
            {t("common.save")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Mailbox({ draft, put, kept }: Part & { kept: boolean }) {
  const { t } = useTranslation();
  // Another way of encryption proposes its port, but never in place of one that a person typed.
  const usual = Object.values<unknown>(PORTS).includes(draft.port) && !draft.portTyped;
  const secure = (security: Draft["security"]) => put({ security, ...(usual ? { port: PORTS[security] } : {}) });
  return (
    <Stack gap="sm">
      <SimpleGrid cols={{ base: 1, sm: 3 }}>
        <TextInput required label={t("intake.collector.host")} placeholder="imap.example.org" maxLength={253} autoComplete="off" value={draft.host} onChange={(event) => put({ host: event.currentTarget.value })} />
        <Select
          label={t("intake.collector.security")}
          allowDeselect={false}
          data={[
            { value: "tls", label: "TLS" },
            { value: "starttls", label: "STARTTLS" },
          ]}
          value={draft.security}
          onChange={(security) => secure(security as Draft["security"])}
        />
        <NumberInput required label={t("intake.collector.port")} min={1} max={65535} allowDecimal={false} hideControls thousandSeparator={false} value={draft.port} onChange={(port) => put({ port, portTyped: true })} />
      </SimpleGrid>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <TextInput required label={t("intake.collector.username")} maxLength={200} autoComplete="off" value={draft.username} onChange={(event) => put({ username: event.currentTarget.value })} />
        <PasswordInput
          required={!kept}
          label={t("intake.collector.password")}
          description={kept ? t("intake.collector.passwordKept") : t("intake.collector.passwordHint")}
          inputWrapperOrder={["label", "input", "description", "error"]}
          autoComplete="new-password"
          visibilityToggleButtonProps={{ "aria-label": t("entry.showPassword") }}
          value={draft.password}
          onChange={(event) => put({ password: event.currentTarget.value })}
        />
      </SimpleGrid>
      <Switch label={t("intake.collector.ownCertificate")} checked={draft.certificate !== null} onChange={(event) => put({ certificate: event.currentTarget.checked ? "" : null })} />
      {draft.certificate !== null && (
        <Textarea
          label={t("intake.collector.certificate")}
          description={t("intake.collector.certificateHint")}
          placeholder="-----BEGIN CERTIFICATE-----"
          autosize
          minRows={3}
          maxRows={8}
          maxLength={65536}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 12 } }}
          value={draft.certificate}
          onChange={(event) => put({ certificate: event.currentTarget.value })}
        />
      )}
    </Stack>
  );
}

function Letters({ draft, put, folders }: Part & { folders: string[] }) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm">
      <SimpleGrid cols={{ base: 1, sm: 3 }}>
        <FolderField label={t("intake.collector.folder")} value={draft.folder} folders={folders} onChange={(folder) => put({ folder })} />
        <TextInput required label={t("intake.collector.keyword")} description={t("intake.collector.keywordHint")} inputWrapperOrder={["label", "input", "description", "error"]} maxLength={100} value={draft.keyword} onChange={(event) => put({ keyword: event.currentTarget.value })} />
        <DayPicker
          label={t("intake.collector.fromDate")}
          description={t("intake.collector.fromDateHint")}
          inputWrapperOrder={["label", "input", "description", "error"]}
          clearable={false}
          value={draft.fromDate}
          onChange={(fromDate) => put({ fromDate })}
        />
      </SimpleGrid>
      <Group align="flex-end" gap="lg">
        <NumberInput
          w={260}
          label={t("intake.collector.every")}
          placeholder={t("intake.collector.everyUsual")}
          suffix={t("intake.minutes")}
          min={1}
          max={1440}
          allowDecimal={false}
          clampBehavior="strict"
          value={draft.everyMinutes}
          onChange={(everyMinutes) => put({ everyMinutes })}
        />
        <Switch pb={8} label={t("intake.collector.enabled")} checked={draft.enabled} onChange={(event) => put({ enabled: event.currentTarget.checked })} />
      </Group>
    </Stack>
  );
}

interface FolderProps {
  label: string;
  value: string;
  folders: string[];
  onChange: (folder: string) => void;
}

/** A folder of the mailbox: chosen once the mailbox was looked at, typed before. */
export function FolderField({ label, value, folders, onChange }: FolderProps) {
  const { t } = useTranslation();
  if (folders.length === 0)
    return (
      <TextInput required label={label} description={t("intake.collector.folderHint")} inputWrapperOrder={["label", "input", "description", "error"]} maxLength={200} value={value} onChange={(event) => onChange(event.currentTarget.value)} />
    );
  const data = value && !folders.includes(value) ? [value, ...folders] : folders;
  return <Select required label={label} searchable allowDeselect={false} data={data} value={value || null} onChange={(folder) => onChange(folder ?? "")} />;
}
