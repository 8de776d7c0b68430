import "./sortablejs-1.15.7/Sortable.min.js";

export default globalThis.Sortable;
