export { default } from "./uplot-1.6.32/uPlot.esm.js";
