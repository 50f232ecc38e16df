/** Elements that a hover may show; of their attributes the highlighting's class stays alone. */
const ALLOWED = new Set(["P", "PRE", "CODE", "SPAN", "BR", "HR", "UL", "OL", "LI", "STRONG", "EM", "B", "I", "BLOCKQUOTE", "H1", "H2", "H3", "H4", "H5", "H6", "TABLE", "THEAD", "TBODY", "TR", "TH", "TD"]);
/** Elements whose content is no text for a reader. */
const DROPPED = new Set(["SCRIPT", "STYLE", "TEMPLATE", "IFRAME", "OBJECT", "EMBED", "SVG", "MATH", "NOSCRIPT", "TITLE", "TEXTAREA", "SELECT"]);

/**
 * HTML made of a docstring's Markdown, without anything that acts: a module's author wrote it, and another one reads it.
 * It is built anew from what is allowed; links and pictures leave their words.
 */
export function onlyText(html: string): string {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  const built = document.createElement("div");
  copy(parsed.body, built);
  return built.innerHTML;
}

function copy(from: Node, to: Element): void {
  for (const node of from.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) to.append(node.textContent ?? "");
    if (!(node.nodeType === Node.ELEMENT_NODE)) continue;
    const element = node as Element;
    const name = element.tagName.toUpperCase();
    if (DROPPED.has(name)) continue;
    if (!ALLOWED.has(name)) {
      copy(element, to);
      continue;
    }
    const made = document.createElement(name);
    const look = element.getAttribute("class");
    if (name === "SPAN" && look) made.className = look;
    to.append(made);
    copy(element, made);
  }
}
