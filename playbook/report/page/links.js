
// Allure shows a relative link as plain text: here such a text opens the playbook's page.
const links = __LINKS__;
const shown = '[data-testid="test-result-meta-link"]:not(:has(a))';
document.head.append(
  Object.assign(document.createElement("style"), {
    textContent: `${shown} { cursor: pointer; text-decoration: underline; }`,
  }),
);
document.addEventListener("click", (event) => {
  const link = event.target.closest(shown);
  const page = link && links[link.textContent.trim()];
  if (page) window.open(page, "_blank", "noopener");
});
