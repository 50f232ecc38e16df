import type { VersionRow } from "../../../api/modules";
import i18n from "../../../i18n";

export function versionLabel(version: VersionRow): string {
  const name = i18n.t("modules.version", { number: version.number });
  return version.live ? `${name} · ${i18n.t("studio.live")}` : name;
}
