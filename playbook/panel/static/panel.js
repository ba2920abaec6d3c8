// What the pages do beyond plain HTML: your own time zone, countdowns, live progress, and a word
// of warning when the board has had no news. Without this script every page still works.
"use strict";

(() => {
  const mine = new Intl.DateTimeFormat(undefined, {
    weekday: "short", day: "2-digit", month: "short",
    hour: "2-digit", minute: "2-digit", timeZoneName: "short",
  });
  const OLD_AFTER = 20_000;
  const DAYS_FROM_HOURS = 100;
  const HELD_BY = 90_000;

  function localise(root) {
    for (const time of root.querySelectorAll("time[data-mine]")) {
      const text = mine.format(new Date(time.dateTime));
      if (time.textContent !== text) time.textContent = text;
      // Who is where the investor is needs no time twice.
      const there = time.previousElementSibling;
      time.hidden = there !== null && there.matches(".there") && there.textContent === text;
    }
    for (const zone of root.querySelectorAll("[data-zone]")) {
      const text = "yours (" + mine.resolvedOptions().timeZone + ")";
      if (zone.textContent !== text) zone.textContent = text;
    }
    countDown();
  }

  function countDown() {
    for (const countdown of document.querySelectorAll("[data-countdown]")) {
      const left = Math.max(0, Date.parse(countdown.dataset.countdown) - Date.now());
      const seconds = Math.floor(left / 1000);
      const hours = Math.floor(seconds / 3600);
      const minutes = String(Math.floor(seconds / 60) % 60).padStart(2, "0");
      const rest = String(seconds % 60).padStart(2, "0");
      let text = `in ${hours}:${minutes}:${rest}`;
      if (left === 0) text = "now";
      if (hours >= DAYS_FROM_HOURS) text = `in ${Math.floor(hours / 24)} days`;
      if (countdown.textContent !== text) countdown.textContent = text;
    }
  }

  // The board: say what has changed, and say so where nothing new has come for a while.
  const board = document.querySelector("[data-board]");
  let states = new Map();
  let rendered = null;
  let heard = Date.now();

  function seen() {
    const list = board.querySelector("[data-rendered]");
    if (!list || list.dataset.rendered === rendered) return;
    rendered = list.dataset.rendered;
    heard = Date.now();
    const now = new Map();
    const changes = [];
    for (const card of list.querySelectorAll("[data-state]")) {
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
    const old = Date.now() - heard > OLD_AFTER;
    const stale = document.getElementById("stale");
    if (stale.hidden === old) {
      document.getElementById("stale-since").textContent = mine.format(new Date(heard));
      stale.hidden = !old;
      board.classList.toggle("old", old);
    }
  }

  // Progress: the server sends the fragment whenever it has changed, and an end.
  function follow(section) {
    const events = new EventSource(section.dataset.events);
    events.addEventListener("progress", (event) => {
      section.innerHTML = event.data;
      const steps = section.querySelector(".steps");
      if (steps) steps.scrollTop = steps.scrollHeight;
    });
    events.addEventListener("end", () => {
      events.close();
      // Without the "busy" that a redirect may have added.
      location.replace(location.pathname);
    });
  }

  function start() {
    localise(document);
    // Before anything is painted, so that a swapped card never flashes another time.
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
    // A second press of the same button asks for the same thing again.
    for (const form of document.forms) {
      form.addEventListener("submit", () => {
        const button = form.querySelector("button");
        if (button) setTimeout(() => { button.disabled = true; }, 0);
      });
    }
    // A page from the browser's history may show what was true an hour ago.
    addEventListener("pageshow", (event) => {
      if (event.persisted && performance.now() > HELD_BY) location.reload();
    });
  }

  start();
})();
