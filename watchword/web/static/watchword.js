/* Keyboard, star and read without reloading, copy. Everything works without this file. */
"use strict";
(() => {
  const all = (query, from) => [...(from || document).querySelectorAll(query)];
  const one = (query, from) => (from || document).querySelector(query);
  const cards = () => all(".card");
  const isField = (node) => node.closest("input, textarea, select, [contenteditable]");
  let now = null;
  let isGoing = false;

  const KEYS_OFF = "watchword-keys-off";
  const keysOn = one("#keys-on");
  const isOff = () => { try { return localStorage.getItem(KEYS_OFF) === "1"; } catch { return false; } };
  if (keysOn) {
    keysOn.checked = !isOff();
    keysOn.addEventListener("change", () => {
      try { localStorage.setItem(KEYS_OFF, keysOn.checked ? "0" : "1"); } catch { /* private windows */ }
    });
  }
  const opener = one(".keys-open");
  if (opener) opener.hidden = false;

  const mark = (card) => {
    if (now) { now.classList.remove("now"); now.removeAttribute("aria-current"); }
    now = card;
    card.classList.add("now");
    card.setAttribute("aria-current", "true");
  };
  const choose = (card) => {
    mark(card);
    /* the real focus moves, so that Tab goes on from here */
    one("h2 a, h3 a", card).focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest" });
  };
  const step = (by) => {
    const list = cards();
    if (!list.length) return;
    const at = now ? list.indexOf(now) + by : by > 0 ? 0 : list.length - 1;
    if (list[at]) choose(list[at]);
  };
  const press = (name) => {
    const button = one(`[name=${name}]`, now || one("[data-acts]") || document.createElement("p"));
    if (button) button.click();
  };
  const open = () => {
    const link = now ? one("h2 a, h3 a", now) : one("a.orig");
    if (link) link.click();
  };
  const go = { t: "Today", w: "Watches", s: "Sources" };
  const goTo = (key) => {
    const link = all(".top nav a").find((a) => a.textContent === go[key]);
    if (link) link.click();
  };
  const markAll = () => { const button = one("[data-mark-all]"); if (button) button.click(); };
  const search = () => {
    const field = one("main input[type=search], main input[name=q]") || one("#top-q");
    if (field && field.offsetParent) field.focus();
    else { const link = all(".top nav a").find((a) => a.textContent === "Search"); if (link) link.click(); }
  };
  const help = () => { const box = one("#keys"); if (box && box.togglePopover) box.togglePopover(); };
  const actions = {
    j: () => step(1), n: () => step(1), k: () => step(-1), p: () => step(-1), o: open, v: () => { const a = one("a.orig", now || document); if (a) a.click(); },
    s: () => press("star"), f: () => press("star"), m: () => press("read"), A: markAll, "/": search, "?": help,
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || isField(event.target)) return;
    if (isOff() && event.key !== "?") return;
    if (isGoing) { isGoing = false; if (go[event.key]) { event.preventDefault(); goTo(event.key); return; } }
    if (event.key === "g") { isGoing = true; setTimeout(() => { isGoing = false; }, 1500); return; }
    if (actions[event.key]) { event.preventDefault(); actions[event.key](); }
  });
  document.addEventListener("focusin", (event) => {
    const card = event.target.closest(".card");
    if (card && card !== now && event.target.matches("h2 a, h3 a")) mark(card);
  });

  /* star and read: the button changes at once, and goes back if it could not be stored */
  const show = (button, isOn) => {
    button.setAttribute("aria-pressed", String(isOn));
    button.value = isOn ? "0" : "1";
    const card = button.closest(".card");
    if (card && button.name === "read") {
      card.classList.toggle("new", !isOn);
      const word = one(".unread", card);
      if (word) word.hidden = isOn;
    }
  };
  document.addEventListener("submit", async (event) => {
    const form = event.target, button = event.submitter;
    if (!form.matches(".acts") || !button) return;
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form));
    body.set(button.name, button.value);
    const isOn = button.value === "1";
    show(button, isOn);
    try {
      /* keepalive: m and then o leaves the page before the answer */
      const answer = await fetch(form.action, { method: "POST", body, keepalive: true, headers: { accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
    } catch {
      show(button, !isOn);
      const note = document.createElement("p");
      note.className = "note bad small";
      note.setAttribute("role", "alert");
      note.textContent = "Not saved. Please try again.";
      (form.closest(".card, .head") || form).append(note);
      setTimeout(() => note.remove(), 6000);
    }
  });

  /* copy: the text can be selected without it */
  all("[data-copy]").forEach((button) => {
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(one(button.dataset.copy).textContent.trim());
      const before = button.textContent;
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = before; }, 1500);
    });
  });
})();
