// Choosing leads of the list: all of a page at once, and how many are chosen.
const chosenForm = () => document.getElementById("chosen");
const boxes = () => [...(chosenForm()?.querySelectorAll("input[name=id]") ?? [])];
const tell = () => {
  const all = boxes();
  const count = all.filter((box) => box.checked).length;
  const said = chosenForm()?.querySelector("[data-does=chosen-count]");
  const button = chosenForm()?.querySelector("[data-does=change-chosen]");
  const everyone = chosenForm()?.querySelector("[data-does=choose-all]");
  if (said) said.textContent = count ? String(count) : "";
  if (button) button.disabled = count === 0;
  if (everyone) { everyone.checked = count > 0 && count === all.length; everyone.indeterminate = count > 0 && count < all.length; }
};
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-does=choose-all]")) for (const box of boxes()) box.checked = event.target.checked;
  if (event.target.closest("#chosen")) tell();
});
// One that is open closes when something else is chosen.
document.addEventListener("click", (event) => {
  for (const pop of document.querySelectorAll(".cf-pop[open]")) if (!pop.contains(event.target)) pop.open = false;
});
document.addEventListener("htmx:afterSwap", tell);
document.addEventListener("DOMContentLoaded", tell);
tell();
