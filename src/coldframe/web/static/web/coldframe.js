// The menu on a phone, and the switch between dark and light. Everything else is the server's.
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-does]");
  if (!button) return;
  if (button.dataset.does === "menu") {
    const open = document.getElementById("menu").classList.toggle("show");
    button.setAttribute("aria-expanded", String(open));
  }
  if (button.dataset.does === "theme") {
    const theme = document.documentElement.dataset.bsTheme === "dark" ? "light" : "dark";
    document.documentElement.dataset.bsTheme = theme;
    try { localStorage.setItem("theme", theme); } catch { /* Not kept, then. */ }
  }
});
