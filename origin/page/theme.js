// Light or dark: as the system says, or as the viewer chose here. A plain script in the head, so that the choice holds
// before anything is painted; the button comes later. html[data-theme] is absent, "light" or "dark".

(() => {
  const KEY = "viaduct.theme";
  const NEXT = { auto: "light", light: "dark", dark: "auto" };
  const NAMES = { auto: "as the system", light: "light", dark: "dark" };

  function stored() {
    try {
      const theme = localStorage.getItem(KEY);
      return Object.hasOwn(NEXT, theme) ? theme : "auto";
    } catch {
      return "auto"; // Storage may be forbidden; then the choice lasts as long as the page.
    }
  }

  function store(theme) {
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // As above.
    }
  }

  let theme = stored();

  function show() {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    const name = document.getElementById("theme-name");
    if (name !== null) name.textContent = NAMES[theme];
  }

  show();
  document.addEventListener("DOMContentLoaded", () => {
    show();
    document.getElementById("theme")?.addEventListener("click", () => {
      theme = NEXT[theme];
      store(theme);
      show();
    });
  });
  // Another page of this host chose.
  window.addEventListener("storage", (event) => {
    if (event.key !== KEY) return;
    theme = stored();
    show();
  });
})();
