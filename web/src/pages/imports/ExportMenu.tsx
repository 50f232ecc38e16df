import { Button, Menu } from "@mantine/core";
import { IconChevronDown, IconDownload } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Selection } from "../../api/contact-list";
import { imports, type FileFormat } from "../../api/imports";
import { useRight } from "../../api/session";
import { tellProblem } from "../../ui/notices";

/** Saves the contacts of a selection as a file, for those who may. */
export function ExportMenu({ selection }: { selection: Selection }) {
  const { t } = useTranslation();
  const may = useRight("contacts.export");
  const exporting = useMutation({ mutationFn: (format: FileFormat) => imports.export(selection, format), onError: tellProblem });
  if (!may) return null;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={16} />} rightSection={<IconChevronDown size={14} />} loading={exporting.isPending}>
          {t("imports.export")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {(["csv", "xlsx"] as const).map((format) => (
          <Menu.Item key={format} onClick={() => exporting.mutate(format)}>
            {t(`imports.exportAs.${format}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
