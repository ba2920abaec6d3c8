// What the pages do in addition to plain HTML: your own time zone, countdowns, live progress, pages
// that follow what others do, and a warning if there was no news. Without this script every page
// still works.
"use strict";

(() => {
  const mine = new Intl.DateTimeFormat(undefined, {
    weekday: "short", day: "2-digit", month: "short",
    hour: "2-digit", minute: "2-digit", timeZoneName: "short",
  });
  const OLD_AFTER = 20_000;
  const HELD_BY = 90_000;
  const REFRESHED_AFTER = 10 * 60_000;
  const ASKED_AGAIN_AFTER = 5_000;

  // Ages are counted by the server's clock: a phone's may be wrong by hours.
  let ahead = 0;
  let known = { at: -Infinity, steady: 0 };

  // Of two clocks the later: one may be set back, the other may stop while the device sleeps.
  function serverTime() {
    return Math.max(Date.now() + ahead, known.at + performance.now() - known.steady);
  }

  function setClock(rendered) {
    const at = Date.parse(rendered);
    if (Number.isNaN(at)) return;
    ahead = at - Date.now();
    known = { at, steady: performance.now() };
  }

  function localise(root) {
    for (const time of root.querySelectorAll("time[data-mine]")) {
      const text = mine.format(new Date(time.dateTime));
      if (time.textContent !== text) time.textContent = text;
      // In the investor's own zone the time is not shown twice.
      const there = time.previousElementSibling;
      time.hidden = there !== null && there.matches(".there") && there.textContent === text;
    }
    for (const zone of root.querySelectorAll("[data-zone]")) {
      const text = "yours (" + mine.resolvedOptions().timeZone + ")";
      if (zone.textContent !== text) zone.textContent = text;
    }
    countDown();
  }

  // "40 minutes", "5 hours", "2 days": the same words as on the server.
  function duration(minutes) {
    let [count, unit] = [minutes, "minute"];
    if (minutes >= 48 * 60) [count, unit] = [Math.floor(minutes / (24 * 60)), "day"];
    else if (minutes >= 120) [count, unit] = [Math.floor(minutes / 60), "hour"];
    return `${count} ${unit}${count === 1 ? "" : "s"}`;
  }

  function say(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  function countDown() {
    for (const countdown of document.querySelectorAll("[data-countdown]")) {
      const minutes = Math.floor((Date.parse(countdown.dataset.countdown) - serverTime()) / 60000);
      say(countdown, minutes < 1 ? "now" : `in ${duration(minutes)}`);
    }
    for (const age of document.querySelectorAll("[data-age]")) {
      const minutes = Math.floor((serverTime() - Date.parse(age.dateTime)) / 60000);
      say(age, minutes < 1 ? "just now" : `${duration(minutes)} ago`);
    }
    // A page that does not renew itself, like a sheet.
    for (const made of document.querySelectorAll("time[data-made]")) {
      const old = serverTime() - Date.parse(made.dateTime) > REFRESHED_AFTER;
      document.body.classList.toggle("old", old);
      document.getElementById("made-long-ago").hidden = !old;
    }
  }

  // A page that renews itself announces changes, and warns if no news has come.
  const board = document.querySelector("[data-live]");
  let states = new Map();
  let rendered = null;
  let heard = Date.now();
  let steady = performance.now();
  let shown = null;

  // What stands around the part that renews itself must be of the same environment and the same
  // runs: a checklist that was green before somebody's reset must not stay beside UNKNOWN.
  function follows(list) {
    const { environment, version } = list.dataset;
    shown ??= { environment, version };
    const other = shown.environment !== environment;
    if (!other && shown.version === version) return;
    const busy = document.querySelector("[data-events]") || document.activeElement.matches("input, select");
    if (other || !busy) renew();
  }

  // Without the "busy" that a redirect may have added.
  function renew() {
    if (location.search) location.replace(location.pathname);
    else location.reload();
  }

  function seen() {
    const list = board.querySelector("[data-rendered]");
    if (!list) age();  // what came instead says what is wrong
    if (!list || list.dataset.rendered === rendered) return;
    rendered = list.dataset.rendered;
    heard = Date.now();
    steady = performance.now();
    setClock(rendered);
    follows(list);
    const now = new Map();
    const changes = [];
    for (const card of board.querySelectorAll("[data-state]")) {
      now.set(card.dataset.name, card.dataset.state);
      const before = states.get(card.dataset.name);
      if (before && before !== card.dataset.state) {
        changes.push(`${card.dataset.name}: ${card.dataset.state}`);
      }
    }
    states = now;
    age();
    if (changes.length) document.getElementById("announced").textContent = changes.join(", ");
  }

  function age() {
    // As in serverTime.
    const silent = Math.max(Date.now() - heard, performance.now() - steady);
    const old = silent > OLD_AFTER || !board.querySelector("[data-rendered]");
    const stale = document.getElementById("stale");
    if (stale.hidden === old) {
      document.getElementById("stale-since").textContent = mine.format(new Date(heard));
      stale.hidden = !old;
      document.body.classList.toggle("old", old);
    }
  }

  // Progress: the server sends the fragment each time it changes, and an end.
  function follow(section) {
    const events = new EventSource(section.dataset.events);
    events.addEventListener("progress", (event) => {
      section.innerHTML = event.data;
      const steps = section.querySelector(".steps");
      if (steps) steps.scrollTop = steps.scrollHeight;
    });
    events.addEventListener("end", () => {
      events.close();
      renew();
    });
    // A lost connection the browser opens again by itself, but not after an answer of another kind,
    // as a proxy gives it while the panel is restarted.
    events.addEventListener("error", () => {
      if (events.readyState === EventSource.CLOSED) setTimeout(() => follow(section), ASKED_AGAIN_AFTER);
    });
  }

  function start() {
    setClock(document.body.dataset.now);
    // Until then a page says as of when it is, because nothing else would count its age.
    document.documentElement.classList.add("scripted");
    localise(document);
    // Before anything is painted, so a replaced card does not show another time for a moment.
    new MutationObserver(() => {
      localise(document);
      if (board) seen();
    }).observe(document.body, { childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: ["data-rendered", "datetime", "data-countdown"] });
    setInterval(countDown, 1000);
    if (board) {
      seen();
      setInterval(age, 1000);
    }
    const progress = document.querySelector("[data-events]");
    if (progress) follow(progress);
    for (const button of document.querySelectorAll("[data-print]")) {
      button.addEventListener("click", () => print());
    }
    // Typed values stay after an expired session, a refusal and the back button.
    for (const field of document.querySelectorAll("input[type=datetime-local]")) {
      const key = `typed:${location.pathname}`;
      if (progress) sessionStorage.removeItem(key);
      else if (!field.value) field.value = sessionStorage.getItem(key) || "";
      field.addEventListener("input", () => sessionStorage.setItem(key, field.value));
    }
    // A second press of the same button would send the same request again.
    const pressed = new Set();
    for (const form of document.forms) {
      form.addEventListener("submit", () => {
        const button = form.querySelector("button");
        if (!button) return;
        pressed.add(button);
        setTimeout(() => { button.disabled = true; }, 0);
      });
    }
    // A page from the browser's history may be an hour old.
    addEventListener("pageshow", (event) => {
      if (!event.persisted) return;
      if (performance.now() > HELD_BY) location.reload();
      for (const button of pressed) button.disabled = false;
      pressed.clear();
    });
  }

  start();
})();
