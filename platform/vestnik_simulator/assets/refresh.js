// Replaces what changes on the page with a fresh copy, so that scrolling and typing are not disturbed.
const periodMs = 1500;

async function refresh() {
  if (document.hidden || document.activeElement instanceof HTMLInputElement) return;
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const next = fresh.getElementById(part.id);
    if (next && next.innerHTML !== part.innerHTML) part.replaceWith(document.importNode(next, true));
  }
}

setInterval(() => refresh().catch(() => {}), periodMs);
