import { Button, FileButton, Group, Paper, Progress, Stack, Text } from "@mantine/core";
import { IconUpload, IconX } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "../../api/client";
import { FILE_MB, imports, type Purpose } from "../../api/imports";
import { useFormat } from "../../ui/format";
import { tellProblem } from "../../ui/notices";

const MB = 1024 * 1024;

export interface Upload {
  file: File;
  sentBytes: number;
}

/** One upload at a time: how far it is, and how to end it. Leaving the page ends it too. */
export function useUpload(purpose: Purpose = "contacts") {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [upload, setUpload] = useState<Upload | null>(null);
  const ending = useRef<AbortController | null>(null);
  useEffect(() => () => ending.current?.abort(), []);
  const begin = (file: File) => {
    if (file.size > FILE_MB * MB) {
      tellProblem(new Problem(413, { title: t("imports.tooLarge"), detail: t("imports.tooLargeHint", { limit: FILE_MB }) }));
      return;
    }
    const controller = (ending.current = new AbortController());
    setUpload({ file, sentBytes: 0 });
    imports
      .upload(file, purpose, { signal: controller.signal, onProgress: (sentBytes) => setUpload({ file, sentBytes }) })
      .then((card) => {
        client.setQueryData(imports.card(card.id).queryKey, card);
        return navigate({ to: "/imports/$id", params: { id: card.id } });
      })
      .catch((cause: unknown) => {
        if (!(cause instanceof DOMException && cause.name === "AbortError")) tellProblem(cause);
      })
      .finally(() => setUpload(null));
  };
  return { upload, begin, end: () => ending.current?.abort() };
}

interface UploadButtonProps {
  begin: (file: File) => void;
  busy: boolean;
  label?: string;
  variant?: "default";
}

export function UploadButton({ begin, busy, label, variant }: UploadButtonProps) {
  const { t } = useTranslation();
  const reset = useRef<() => void>(null);
  const choose = (file: File | null) => {
    reset.current?.();
    if (file) begin(file);
  };
  return (
    <FileButton resetRef={reset} accept=".csv,.txt,.tsv,.xlsx,text/csv" onChange={choose} inputProps={{ "aria-label": t("imports.file") }}>
      {(button) => (
        <Button {...button} variant={variant} leftSection={<IconUpload size={16} />} disabled={busy}>
          {label ?? t("imports.upload")}
        </Button>
      )}
    </FileButton>
  );
}

export function UploadProgress({ upload, end }: { upload: Upload; end: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { file, sentBytes } = upload;
  const sent = sentBytes >= file.size;
  const megabytes = (bytes: number) => format.number(Math.round((bytes / MB) * 10) / 10);
  const share = file.size ? Math.min(100, (sentBytes / file.size) * 100) : 100;
  return (
    <Paper p={{ base: "md", sm: "lg" }} mb="md" component="section" aria-label={t("imports.uploading")}>
      <Group wrap="nowrap" align="flex-start" justify="space-between" gap="md">
        <Stack gap="xs" flex={1} miw={0}>
          <Text fw={600} truncate>
            {file.name}
          </Text>
          <Progress value={share} animated striped={sent} aria-label={t("imports.uploading")} />
          <Text size="sm" c="dimmed" className="numbers" aria-live={sent ? "polite" : "off"}>
            {sent ? t("imports.looking") : t("imports.uploaded", { sent: megabytes(sentBytes), total: megabytes(file.size) })}
          </Text>
        </Stack>
        <Button variant="default" leftSection={<IconX size={16} />} onClick={end}>
          {t("common.cancel")}
        </Button>
      </Group>
    </Paper>
  );
}
