import { PasswordInput, type PasswordInputProps } from "@mantine/core";
import { useTranslation } from "react-i18next";

/** Where a person who is signed in says once more who they are. */
export function PresentPassword(input: PasswordInputProps) {
  const { t } = useTranslation();
  return (
    <PasswordInput
      label={t("profile.presentPassword")}
      autoComplete="current-password"
      visibilityToggleButtonProps={{ "aria-label": t("entry.showPassword") }}
      {...input}
    />
  );
}
