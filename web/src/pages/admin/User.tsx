import { Badge, Button, Group, Stack } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPencil } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { people } from "../../api/people";
import { useFormat } from "../../ui/format";
import { PageLoading } from "../../ui/Loading";
import { PageHeader } from "../../ui/PageHeader";
import { PageProblem } from "../../ui/ProblemPanel";
import { Facts } from "../../ui/Facts";
import { Sessions } from "../profile/Sessions";
import { FactorOfUser } from "./FactorOfUser";
import { UserDialog } from "./UserDialog";

const route = getRouteApi("/inside/users/$id");

/** One user: roles, whether and how they may enter, and where they are signed in. */
export default function UserPage() {
  const { t } = useTranslation();
  const format = useFormat();
  const { id } = route.useParams();
  const [opened, dialog] = useDisclosure();
  const { data, error, refetch } = useQuery(people.user(id));
  if (error && !data) return <PageProblem problem={error} retry={() => void refetch()} />;
  if (!data) return <PageLoading />;
  return (
    <>
      <PageHeader
        title={data.name}
        description={<Facts of={[data.email, data.seenAt && t("users.seenAgo", { ago: format.ago(data.seenAt) })]} />}
        back={{ to: "/users", label: t("users.title") }}
        badges={
          <Group gap={6}>
            <Badge color={data.disabled ? "gray" : "teal"}>{t(data.disabled ? "users.disabled" : "users.active")}</Badge>
            {data.roles.map((role) => (
              <Badge key={role}>{t(`role.${role}`)}</Badge>
            ))}
          </Group>
        }
        actions={
          <Button variant="default" leftSection={<IconPencil size={16} />} onClick={dialog.open}>
            {t("users.edit")}
          </Button>
        }
      />
      <Stack maw={860}>
        <FactorOfUser user={data} />
        <Sessions whose={data.id} />
      </Stack>
      <UserDialog key={String(opened)} opened={opened} onClose={dialog.close} user={data} />
    </>
  );
}
