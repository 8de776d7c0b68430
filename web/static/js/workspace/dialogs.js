// Dialogs are popovers that work by themselves; with this they are modal and give the focus back.

function dialogOf(button) {
  const target = document.getElementById(button.getAttribute("popovertarget"));
  return target instanceof HTMLDialogElement ? target : null;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[popovertarget]");
  const dialog = button && dialogOf(button);
  if (!dialog) return;
  event.preventDefault();
  if (button.getAttribute("popovertargetaction") === "hide") return dialog.close();
  button.closest("[popover]:popover-open")?.hidePopover();
  dialog.showModal();
});

// A press beside the dialog closes it.
document.addEventListener("pointerdown", (event) => {
  const dialog = event.target;
  if (!(dialog instanceof HTMLDialogElement) || !dialog.open) return;
  const box = dialog.getBoundingClientRect();
  const isInside =
    event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  if (!isInside) dialog.close();
});
