import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { calendars, type Calendar } from "../../api/calendars";
import { useSession } from "../../api/session";
import { CopyField } from "../../ui/CopyField";
import { Dialog } from "../../ui/Dialog";
import { RowsLoading } from "../../ui/Loading";
import { ask, tell, tellProblem } from "../../ui/notices";
import { ProblemPanel } from "../../ui/ProblemPanel";

/** The secret iCalendar address of a calendar: made, copied, changed, dropped. */
export function LinkDialog({ calendar, onClose }: { calendar: Calendar; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const mayChange = useSession().user.rights.includes("calendars.write");
  const link = useQuery(calendars.link(calendar.id));
  const again = () => client.invalidateQueries({ queryKey: ["calendars"] });
  const making = useMutation({
    mutationFn: () => calendars.makeLink(calendar.id),
    onSuccess: async () => {
      tell(t("calendar.link.made"));
      await again();
    },
    onError: tellProblem,
  });
  const dropping = useMutation({
    mutationFn: () => calendars.dropLink(calendar.id),
    onSuccess: async () => {
      tell(t("calendar.link.dropped"));
      await again();
    },
    onError: tellProblem,
  });
  const confirm = (what: "change" | "drop", act: () => void) =>
    ask({ title: t(`calendar.link.${what}Title`), text: t("calendar.link.ends"), confirm: t(`calendar.link.${what}`), danger: true, onConfirm: act });
  const url = link.data?.url;
  return (
    <Dialog opened onClose={onClose} title={t("calendar.link.of", { name: calendar.title })} size="lg">
      <Stack>
        <Text size="sm">{t("calendar.link.what")}</Text>
        <Alert color="yellow" icon={<IconAlertTriangle size={18} />} title={t("calendar.link.secret")}>
          {t("calendar.link.warning")}
        </Alert>
        {link.isPending && <RowsLoading rows={1} />}
        {link.error && <ProblemPanel problem={link.error} retry={() => void link.refetch()} />}
        {url && <CopyField label={t("calendar.link.address")} value={url} />}
        {link.data && !url && !mayChange && <Text size="sm">{t("calendar.link.none")}</Text>}
        {link.data && mayChange && (
          <Group justify="flex-end" gap="xs">
            {url ? (
              <>
                <Button variant="subtle" color="red" loading={dropping.isPending} onClick={() => confirm("drop", dropping.mutate)}>
                  {t("calendar.link.drop")}
                </Button>
                <Button variant="default" loading={making.isPending} onClick={() => confirm("change", making.mutate)}>
                  {t("calendar.link.change")}
                </Button>
              </>
            ) : (
              <Button loading={making.isPending} onClick={() => making.mutate()}>
                {t("calendar.link.make")}
              </Button>
            )}
          </Group>
        )}
      </Stack>
    </Dialog>
  );
}
