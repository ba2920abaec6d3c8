
// Show the verdict's age. Warn when it is older than a day, and when it is not known: this device's
// clock is behind the one that the verdict was made by.
const age = document.getElementById("age");
const at = new Date(document.querySelector("time").dateTime);
function showAge() {
  const minutes = Math.floor((Date.now() - at) / 60000);
  const hours = Math.floor(minutes / 60);
  const ahead = minutes < -5;
  const passed = ahead ? "age not known, this device's clock is slow"
    : hours > 0 ? `${hours} h ago` : minutes > 0 ? `${minutes} min ago` : "just now";
  const doubtful = ahead || hours >= 24;
  age.textContent = doubtful ? `${passed}: check again before you trust it` : passed;
  age.className = doubtful ? "warning" : "";
}
showAge();
setInterval(showAge, 30000);
