// The editor of the playbook: numbers beside the lines, a click on a finding goes to its place, and nothing that was
// written is left behind unasked. The page does without.
const text = document.getElementById("text");
if (text) {
  const form = text.form;
  const gutter = document.querySelector(".pb-gutter");
  const saved = text.defaultValue;
  let isSending = false;
  let count = 0;

  const number = () => {
    const lines = text.value.split("\n").length;
    if (lines !== count) {
      count = lines;
      gutter.textContent = Array.from({ length: lines }, (_, index) => index + 1).join("\n") + "\n\n";
    }
    gutter.scrollTop = text.scrollTop;
  };
  const fit = () => { gutter.style.height = `${text.offsetHeight}px`; number(); };

  const goTo = (line, column) => {
    const lines = text.value.split("\n");
    const start = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
    const end = start + (lines[line - 1] ?? "").length;
    text.focus();
    text.setSelectionRange(Math.min(start + column - 1, end), end);
    text.scrollTop = Math.max(0, (text.scrollHeight / lines.length) * (line - 6));
    text.scrollIntoView({ block: "nearest" });
  };

  gutter.hidden = false;
  new ResizeObserver(fit).observe(text);
  text.addEventListener("input", number);
  text.addEventListener("scroll", () => { gutter.scrollTop = text.scrollTop; });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-line]");
    if (!link) return;
    event.preventDefault();
    goTo(Number(link.dataset.line), Number(link.dataset.column));
  });
  form.addEventListener("submit", () => { isSending = true; });
  form.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "s") {
      event.preventDefault();
      form.requestSubmit(form.querySelector("button[value=save]"));
    }
  });
  window.addEventListener("beforeunload", (event) => {
    if (!isSending && text.value !== saved) event.preventDefault();
  });
  fit();
}
