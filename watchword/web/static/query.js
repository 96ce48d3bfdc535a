/* The live query box: asks while you type, shows the answers in their order, and puts the draft into the form that saves it. */
"use strict";
(() => {
  const form = document.querySelector("[data-trial]");
  if (!form) return;
  const box = form.querySelector("textarea"), says = form.querySelector("[data-says]");
  const follower = document.querySelector("[data-follows]");
  let asked = 0, timer = 0, waiting = 0, control = null, last = box.dataset.saved || "";

  /* with a script the box itself is the field that is saved */
  if (follower) follower.closest(".field").hidden = true;
  const follow = () => { if (follower) follower.value = box.value; };
  const useRepair = () => {
    const code = says.querySelector("[data-repair]");
    if (!code) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn tiny";
    button.textContent = "Use the repair";
    button.addEventListener("click", () => { box.value = code.textContent; follow(); ask(); box.focus(); });
    code.after(" ", button);
  };
  const ask = async () => {
    const number = ++asked;
    last = box.value;
    if (control) control.abort();
    control = new AbortController();
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      if (number === asked) says.innerHTML = '<p class="wait" role="status">Looking through what is stored</p>';
    }, 300);
    const query = new URLSearchParams(new FormData(form));
    query.set("part", "1");
    try {
      const answer = await fetch(`${form.action}?${query}`, { signal: control.signal });
      const text = await answer.text();
      if (number !== asked) return;
      clearTimeout(waiting);
      if (!answer.ok) throw new Error(String(answer.status));
      says.innerHTML = text; /* from our own server, which escapes what strangers wrote */
      box.setAttribute("aria-invalid", String(Boolean(says.querySelector(".caret"))));
      useRepair();
    } catch (error) {
      if (error.name === "AbortError" || number !== asked) return;
      clearTimeout(waiting);
      says.innerHTML = '<p class="bad">This could not be tried just now.</p>';
    }
  };
  box.addEventListener("input", () => {
    follow();
    clearTimeout(timer);
    if (!box.value.trim()) { /* what was said of another query is not true of none */
      asked += 1;
      last = "";
      clearTimeout(waiting);
      if (control) control.abort();
      box.removeAttribute("aria-invalid");
      says.textContent = "";
      return;
    }
    timer = setTimeout(() => { if (box.value !== last) ask(); }, 350);
  });
  /* the other fields; a box that is left was asked while it was typed in, and a second answer would take away the repair
     between the press and the release of the mouse */
  form.addEventListener("change", (event) => { if (event.target !== box && box.value.trim()) ask(); });
  form.addEventListener("submit", (event) => { event.preventDefault(); ask(); });
  follow();
  if (box.value.trim() && box.value !== (box.dataset.saved || "")) ask();
})();
