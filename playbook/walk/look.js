// Read once whether the page is still changing: its text (with all numbers as 0, so that a clock does
// not count as a change), and whether it is waiting for something. Runs when the browser is idle.
async () => {
  await new Promise((done) => requestIdleCallback(done, {timeout: 500}));
  const visible = (element) => element.checkVisibility({visibilityProperty: true, opacityProperty: true});
  const animated = () => document.getAnimations().some((one) => {
    const element = one.effect && one.effect.target;
    return one.playState === "running" && element && visible(element);
  });
  const busy = () => [...document.querySelectorAll("[aria-busy=true], [role=progressbar], progress")].some(visible);
  const text = document.body ? document.body.innerText.replace(/\d+/g, "0") : "";
  return {
    text,
    timers: window.__walkTimers || 0,
    loading: !document.body || document.readyState !== "complete" || busy() || animated(),
  };
}
