// Runs before the first paint, so that a page never flashes in the wrong theme. A file, not inline: the policy forbids inline scripts.
(function () {
  var wanted = null;
  try {
    wanted = localStorage.getItem("resa.theme");
  } catch (_) {
    /* storage may be switched off */
  }
  var dark = wanted === "dark" || (wanted !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
