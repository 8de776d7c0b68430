// Shows a slider beside each number field of a wide scale; the field holds the answer, also without this.

function pair(slider) {
  const field = slider.parentElement.querySelector("input[type=number]");
  const show = () => {
    slider.toggleAttribute("data-unset", field.value === "");
    if (field.value !== "") slider.value = field.value;
  };
  slider.addEventListener("input", () => {
    field.value = slider.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  field.addEventListener("input", show);
  field.addEventListener("change", show);
  slider.hidden = false;
  show();
}

export default function start(element) {
  element.querySelectorAll("[data-slider]").forEach(pair);
}
