// Runs before the first paint, as a file of its own because the page allows no inline script.
(function () {
  var root = document.documentElement;
  // The page that is drawn before the script shows the field of the control room, or of another view nothing.
  root.dataset.early = /\/(queue|library|presets|engine|settings|diagnostics)\/?$/.test(
    location.pathname,
  )
    ? 'view'
    : 'room';
  try {
    var ui = JSON.parse(localStorage.getItem('workspace-ui:v1') || '{}');
    if (ui.theme === 'dark' || ui.theme === 'light' || ui.theme === 'contrast') {
      root.dataset.theme = ui.theme;
    }
    if (ui.motion === 'reduced' || ui.motion === 'off') root.dataset.motion = ui.motion;
    if (ui.density === 'compact' || ui.density === 'plain') root.dataset.density = ui.density;
  } catch {
    // Storage may be blocked or hold something unreadable; the system's theme is a good default.
  }
})();
