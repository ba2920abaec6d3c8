// One look at whether a page is still changing: its text (numbers count as one), and whether it waits
// for something. It is taken when the page has nothing else to do.
async () => {
  await new Promise((done) => requestIdleCallback(done, {timeout: 500}));
  const visible = (element) => element.checkVisibility({visibilityProperty: true, opacityProperty: true});
  const turning = () => document.getAnimations().some((one) => {
    const element = one.effect && one.effect.target;
    return one.playState === "running" && element && visible(element);
  });
  const marked = () => [...document.querySelectorAll("[aria-busy=true], [role=progressbar], progress")].some(visible);
  const text = document.body ? document.body.innerText.replace(/\d+/g, "0") : "";
  return {
    text,
    timers: window.__walkTimers || 0,
    loading: !document.body || document.readyState !== "complete" || marked() || turning(),
  };
}
