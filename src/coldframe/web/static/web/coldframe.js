// The menus, the keyboard, what is said of something done, and what stays as it was when a part of a page is renewed.
// Everything else is the server's.
const remembered = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
const remember = (name, value) => { try { localStorage.setItem(name, value); } catch { /* Not kept, then. */ } };

const actions = {
  menu(button) {
    const open = document.getElementById("menu").classList.toggle("show");
    button.setAttribute("aria-expanded", String(open));
  },
  theme() {
    const theme = document.documentElement.dataset.bsTheme === "dark" ? "light" : "dark";
    document.documentElement.dataset.bsTheme = theme;
    remember("theme", theme);
  },
  shortcuts() { showShortcuts(); },
};
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-does]");
  if (button && actions[button.dataset.does]) actions[button.dataset.does](button);
  // A menu that is open closes when something else, or something in it, is chosen.
  for (const menu of document.querySelectorAll(".cf-person-menu[open]")) {
    if (!menu.contains(event.target) || event.target.closest(".dropdown-item")) menu.open = false;
  }
  if (!event.target.closest(".cf-search")) hideFound();
});

// Single keys, for those who want them: none while somebody types, none with a modifier, all of them to be switched off.
const shortcuts = () => document.getElementById("shortcuts");
const areOn = () => remembered("single-keys") !== "off";
const showShortcuts = () => {
  const dialog = shortcuts();
  dialog.querySelector("[data-does=single-keys]").checked = areOn();
  if (!dialog.open) dialog.showModal();
};
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-does=single-keys]")) remember("single-keys", event.target.checked ? "on" : "off");
});
const isTyping = (target) => target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
let askedForPage = -Infinity;
const goTo = (key) => {
  const link = [...document.querySelectorAll("#menu a[data-key]")].find((each) => each.dataset.key === key);
  if (link) link.click();
  return Boolean(link);
};
const step = (by) => {
  const rows = [...document.querySelectorAll("main :is(.cf-list tbody tr, [data-rows] > *)")].filter((row) => row.querySelector("a"));
  if (!rows.length) return false;
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + by))];
  next.querySelector("a").focus();
  return true;
};
const focusSearch = () => {
  const box = document.getElementById("search");
  box.focus();
  box.select();
  return true;
};
const keys = { "/": focusSearch, "?": () => { showShortcuts(); return true; }, j: () => step(1), k: () => step(-1) };
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    const menu = document.querySelector(".cf-person-menu[open]");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
  }
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (!areOn() || isTyping(event.target) || document.querySelector("dialog[open]")) return;
  const isSecond = event.timeStamp - askedForPage < 1500;
  askedForPage = event.key === "g" && !isSecond ? event.timeStamp : -Infinity;
  const handled = isSecond ? goTo(event.key) : keys[event.key]?.();
  if (handled) event.preventDefault();
});

// What is found is a list of links under the box: arrows walk through it, Escape closes it, Enter follows.
const hideFound = () => { const found = document.getElementById("found"); if (found) found.replaceChildren(); };
document.addEventListener("keydown", (event) => {
  const search = event.target.closest(".cf-search");
  if (!search) return;
  const links = [...search.querySelectorAll("#found a")];
  const at = links.indexOf(document.activeElement);
  if (event.key === "Escape") {
    hideFound();
    search.querySelector("input").focus();
  } else if (event.key === "ArrowDown" && links.length) {
    links[Math.min(at + 1, links.length - 1)].focus();
    event.preventDefault();
  } else if (event.key === "ArrowUp" && at >= 0) {
    (at ? links[at - 1] : search.querySelector("input")).focus();
    event.preventDefault();
  }
});
document.addEventListener("focusin", (event) => { if (!event.target.closest(".cf-search")) hideFound(); });

// What is said of something done goes by itself; what went wrong stays until it is clicked away.
const settle = (toast) => {
  toast.addEventListener("click", () => toast.remove());
  if (!toast.matches(".cf-toast-error, .cf-toast-warning")) setTimeout(() => toast.remove(), 8000);
};
document.querySelectorAll(".cf-toast").forEach(settle);
document.addEventListener("toast", (event) => {
  const toast = document.createElement("div");
  toast.className = "cf-toast";
  toast.textContent = event.detail.value;
  document.getElementById("toasts").append(toast);
  settle(toast);
});

// A line at the top says that a page or a part of it is on its way, once that takes longer than a glance.
let working = 0;
const works = () => {
  clearTimeout(working);
  working = setTimeout(() => { document.getElementById("working").hidden = false; }, 300);
};
const rests = () => { clearTimeout(working); document.getElementById("working").hidden = true; };
document.addEventListener("submit", (event) => { if (!event.defaultPrevented && !event.target.matches("[method=dialog]")) works(); });
addEventListener("pageshow", rests);

// A part that renews itself rests while nobody looks, and keeps what is unfolded and where the keyboard is.
const LIVE = "[data-does=live]";
let kept = null;
const nameOf = (element) => element.getAttribute("href") || element.id || element.textContent.trim().slice(0, 80);
document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.detail.elt.matches(LIVE)) event.preventDefault();
  else if (!event.detail.elt.matches(`${LIVE}, [data-quiet]`)) works();
});
document.addEventListener("htmx:afterRequest", rests);
document.addEventListener("htmx:beforeSwap", (event) => {
  const live = event.detail.target;
  if (!live.matches(LIVE) || !event.detail.shouldSwap) return;
  const focused = live.contains(document.activeElement) ? document.activeElement : null;
  const unfolded = [...live.querySelectorAll("details[open] > summary")].map((summary) => summary.textContent.trim());
  kept = { unfolded, focused: focused && { tag: focused.tagName, name: nameOf(focused) } };
});
document.addEventListener("htmx:afterSwap", () => {
  const live = document.querySelector(LIVE);
  if (!live || !kept) return;
  for (const summary of live.querySelectorAll("details > summary")) {
    if (kept.unfolded.includes(summary.textContent.trim())) summary.parentElement.open = true;
  }
  if (kept.focused) {
    const same = [...live.querySelectorAll(kept.focused.tag)].find((each) => nameOf(each) === kept.focused.name);
    if (same) same.focus({ preventScroll: true });
  }
  kept = null;
});
