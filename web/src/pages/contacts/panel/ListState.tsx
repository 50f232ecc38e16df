import { useTranslation } from "react-i18next";
import type { PanelList } from "../../../api/panel";
import classes from "./panel.module.css";

/** A list and, in brackets, the person's state in it: a word, and a colour beside it. */
export function ListState({ title, status }: { title: string; status: PanelList["status"] }) {
  const { t } = useTranslation();
  return (
    <>
      <span className={`${classes.state} ${classes.dot}`} data-state={status} aria-hidden />
      <span>
        {title}{" "}
        <span className={classes.state} data-state={status}>
          ({t(`panel.status.${status}`)})
        </span>
      </span>
    </>
  );
}
