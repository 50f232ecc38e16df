import { PasswordInput, type PasswordInputProps } from "@mantine/core";
import { useTranslation } from "react-i18next";

export const SHORTEST_PASSWORD = 10;

/** Where a person chooses a password of their own. */
export function NewPasswordField(input: PasswordInputProps) {
  const { t } = useTranslation();
  return (
    <PasswordInput
      label={t("entrance.newPassword")}
      description={t("setup.passwordHint", { count: SHORTEST_PASSWORD })}
      autoComplete="new-password"
      visibilityToggleButtonProps={{ "aria-label": t("entry.showPassword") }}
      {...input}
    />
  );
}
