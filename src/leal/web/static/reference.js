// What the reference can do beyond being read: filter, copy, turn pages in place, and try calls.
"use strict";

let key = ""; // what the reader pasted; kept nowhere else, and gone with the tab
let shown = location.pathname;

const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const main = () => document.getElementById("main");
const menu = () => document.getElementById("menu");

function filterMenu() {
  const label = menu()?.querySelector(".filter");
  if (!label) return;
  label.hidden = false;
  label.querySelector("input").addEventListener("input", (event) => {
    const wanted = event.target.value.trim().toLowerCase();
    for (const item of all("section li", menu())) {
      const link = item.querySelector("a");
      const text = `${link.textContent} ${link.pathname}`.toLowerCase();
      item.hidden = !text.includes(wanted);
    }
    for (const list of all("section ul", menu())) {
      const empty = !list.querySelector("li:not([hidden])");
      list.hidden = list.previousElementSibling.hidden = empty;
    }
  });
}

function prepare() {
  for (const button of all(".copy", main())) button.hidden = !navigator.clipboard;
  for (const form of all(".trial", main())) {
    form.hidden = false;
    const field = form.querySelector('[data-in="key"]');
    field.value = key;
    field.addEventListener("input", () => { key = field.value.trim(); });
  }
}

async function copy(button) {
  await navigator.clipboard.writeText(button.closest("figure").querySelector("code").textContent);
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = "Copy"; }, 1500);
}

// Turning pages in place keeps the pasted key; without this script links work as everywhere.
async function turn(url, { back = false } = {}) {
  const answer = await fetch(url, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok) return location.assign(url);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!page.getElementById("menu")) return location.assign(url);
  if (!back) history.pushState(null, "", url);
  shown = url.pathname;
  document.title = page.title;
  main().replaceWith(page.getElementById("main"));
  for (const link of all("a", menu())) {
    link.toggleAttribute("aria-current", false);
    if (link.pathname === url.pathname) link.setAttribute("aria-current", "page");
  }
  if (menu().matches(":popover-open")) menu().hidePopover();
  prepare();
  const target = url.hash && document.getElementById(decodeURIComponent(url.hash.slice(1)));
  if (target) target.scrollIntoView(); else scrollTo(0, 0);
  if (!back) main().focus({ preventScroll: true });
}

function turnsPage(event, link) {
  const url = new URL(link.href);
  const plain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
  const elsewhere = url.pathname !== location.pathname || !url.hash;
  const inReference = url.pathname === "/docs" || url.pathname.startsWith("/docs/");
  return plain && menu() && elsewhere && inReference && url.origin === location.origin && !link.target;
}

// "token:secret" is a site's pair, anything else a bearer credential.
function authorization() {
  if (!key) return {};
  if (!key.includes(":")) return { Authorization: `Bearer ${key}` };
  const bytes = new TextEncoder().encode(key);
  return { Authorization: `Basic ${btoa(String.fromCharCode(...bytes))}` };
}

function asked(form) {
  let path = form.dataset.path;
  const query = new URLSearchParams();
  for (const field of all("[data-name]", form)) {
    const { name, in: place } = field.dataset;
    if (place === "path") path = path.replace(`{${name}}`, encodeURIComponent(field.value));
    else if (field.value) query.append(name, field.value);
  }
  const body = form.querySelector('[data-in="body"]')?.value;
  const headers = { ...authorization(), ...(body ? { "Content-Type": "application/json" } : {}) };
  const url = query.size ? `${path}?${query}` : path;
  return [url, { method: form.dataset.method, headers, body, cache: "no-store", credentials: "omit" }];
}

function pretty(text) {
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
}

function show(output, line, text) {
  const told = document.createElement("p");
  told.textContent = line;
  const body = document.createElement("pre");
  body.textContent = text;
  body.tabIndex = 0;
  output.replaceChildren(told, ...(text ? [body] : []));
}

async function send(form) {
  const button = form.querySelector('[type="submit"]');
  const output = form.querySelector("output");
  button.disabled = true;
  const began = performance.now();
  try {
    const answer = await fetch(...asked(form));
    const text = await answer.text();
    const took = Math.round(performance.now() - began);
    const id = answer.headers.get("x-request-id");
    show(output, `${answer.status} in ${took} ms${id ? ` · request ${id}` : ""}`, pretty(text));
  } catch (error) {
    show(output, "No answer came. Check that the server is running, then send again.", String(error));
  } finally {
    button.disabled = false;
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest(".copy");
  if (button) copy(button);
  const link = event.target.closest("a[href]");
  if (link && turnsPage(event, link)) {
    event.preventDefault();
    turn(new URL(link.href));
  }
});
document.addEventListener("submit", (event) => {
  if (!event.target.matches(".trial")) return;
  event.preventDefault();
  send(event.target);
});
addEventListener("popstate", () => {
  if (menu() && location.pathname !== shown) turn(new URL(location.href), { back: true });
});
filterMenu();
prepare();
