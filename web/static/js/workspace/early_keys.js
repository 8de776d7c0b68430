// Keeps the keys that are pressed before the scripts of the workspace run, which do then what the keys say.
// No module and not deferred, so that it listens before anything is shown.
(() => {
  const pressed = [];
  const keep = (event) => {
    // What has the focus by itself, such as a text field, takes its keys already.
    if (!event.repeat && event.target === document.body) pressed.push(event);
  };
  document.addEventListener("keydown", keep);
  window.rlTakeEarlyKeys = () => {
    document.removeEventListener("keydown", keep);
    return pressed.splice(0);
  };
})();
