/** What people call the encodings that a file may have. */
export const ENCODINGS: Record<string, string> = {
  "utf-8": "UTF-8",
  "utf-8-sig": "UTF-8 (BOM)",
  cp1251: "WINDOWS-1251",
  koi8_r: "KOI8-R",
  cp866: "CP866",
  mac_cyrillic: "Mac",
  "utf-16": "UTF-16",
};
