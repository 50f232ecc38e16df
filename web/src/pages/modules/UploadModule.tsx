import { Group, Stack, Text } from "@mantine/core";
import { Dropzone } from "@mantine/dropzone";
import { IconFileZip, IconUpload, IconX } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { modules } from "../../api/modules";
import { Dialog } from "../../ui/Dialog";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { useOpenModule } from "./use-open-module";

const LARGEST_BYTES = 5_000_000;

/** One `.py` file, or a `.zip` with module.json and module.py. */
export function UploadModule({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const open = useOpenModule();
  const upload = useMutation({ mutationFn: modules.upload, onSuccess: open(t("modules.uploaded")) });
  const send = ([file]: File[]) => file && upload.mutate(file);
  return (
    <Dialog opened={opened} onClose={onClose} title={t("modules.upload")} size="lg">
      <Stack>
        {upload.error && <ProblemPanel problem={upload.error} />}
        <Dropzone
          onDrop={send}
          multiple={false}
          maxSize={LARGEST_BYTES}
          loading={upload.isPending}
          validator={(file) => (/\.(py|zip)$/i.test(file.name) ? null : { code: "type", message: t("modules.uploadRule") })}
          inputProps={{ "aria-label": t("modules.uploadField") }}
        >
          <Group justify="center" gap="md" mih={150} style={{ pointerEvents: "none" }}>
            <Dropzone.Accept>
              <IconUpload size={36} stroke={1.5} />
            </Dropzone.Accept>
            <Dropzone.Reject>
              <IconX size={36} stroke={1.5} />
            </Dropzone.Reject>
            <Dropzone.Idle>
              <IconFileZip size={36} stroke={1.5} />
            </Dropzone.Idle>
            <Stack gap={2}>
              <Text fw={550}>{t("modules.drop")}</Text>
              <Text size="sm" c="dimmed">
                {t("modules.uploadRule")}
              </Text>
            </Stack>
          </Group>
        </Dropzone>
      </Stack>
    </Dialog>
  );
}
