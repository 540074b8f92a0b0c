// SPDX-License-Identifier: Apache-2.0
// Not a module: it runs before the page is drawn, so that the colours do not flash.
"use strict";

(() => {
  const key = "ocr-theme";
  const names = {
    auto: "Colours: as the system has them",
    light: "Colours: light",
    dark: "Colours: dark",
  };
  const order = Object.keys(names);
  let theme = "auto";
  try {
    theme = localStorage.getItem(key) || "auto";
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
  if (!(theme in names)) theme = "auto";

  function apply() {
    document.documentElement.dataset.theme = theme;
    const button = document.getElementById("theme");
    if (!button) return;
    button.title = names[theme];
    button.setAttribute("aria-label", names[theme]);
    button.querySelector("use").setAttribute("href", `#i-${theme}`);
  }

  apply();
  document.addEventListener("DOMContentLoaded", () => {
    apply();
    document.getElementById("theme").addEventListener("click", () => {
      theme = order[(order.indexOf(theme) + 1) % order.length];
      try {
        localStorage.setItem(key, theme);
      } catch {
        // As above.
      }
      apply();
    });
  });
})();
