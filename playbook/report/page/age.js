
// Show the verdict's age, and warn when it is older than a day.
const age = document.getElementById("age");
const at = new Date(document.querySelector("time").dateTime);
function showAge() {
  const minutes = Math.max(0, Math.floor((Date.now() - at) / 60000));
  const hours = Math.floor(minutes / 60);
  const old = hours >= 24;
  const passed = hours ? `${hours} h ago` : minutes ? `${minutes} min ago` : "just now";
  age.textContent = old ? `${passed}: check again before you trust it` : passed;
  age.className = old ? "warning" : "";
}
showAge();
setInterval(showAge, 30000);
