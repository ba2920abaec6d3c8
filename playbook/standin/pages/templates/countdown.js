// Keeps the countdown right while the page is open.
(function () {
  const shown = document.getElementById("countdown");
  if (!shown) return;
  const start = Date.parse(shown.dataset.start);
  function tick() {
    const minutes = Math.floor((start - Date.now()) / 60000);
    shown.textContent = minutes < 0 ? shown.dataset.live : shown.dataset.words
      .replace("{days}", Math.floor(minutes / 1440))
      .replace("{hours}", Math.floor(minutes / 60) % 24)
      .replace("{minutes}", minutes % 60);
  }
  setInterval(tick, 5000);
})();
