
// An old verdict is worth little: show its age, and warn after a night.
const age = document.getElementById("age");
const at = new Date(document.querySelector("time").dateTime);
function tell() {
  const minutes = Math.max(0, Math.floor((Date.now() - at) / 60000));
  const hours = Math.floor(minutes / 60);
  const old = hours >= 24;
  const passed = hours ? `${hours} h ago` : minutes ? `${minutes} min ago` : "just now";
  age.textContent = old ? `${passed}: check again before you trust it` : passed;
  age.className = old ? "warning" : "";
}
tell();
setInterval(tell, 30000);
