import { collect } from "./collect";

export default collect(import.meta.glob<object>("./ru/*.json", { eager: true, import: "default" }));
