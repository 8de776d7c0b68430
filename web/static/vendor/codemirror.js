export * from "./codemirror-6.43.15/codemirror.js";
