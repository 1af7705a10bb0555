// Sentences of the island, in the language of the page.

const ENGLISH = {
  "{name}（流程图：方向键移动，加减键缩放，0 看全图）": "{name} (diagram: arrow keys move, plus and minus zoom, 0 shows all)",
  放大: "Zoom in",
  缩小: "Zoom out",
  看全图: "Show all",
  全屏: "Full screen",
  退出全屏: "Leave full screen",
  用时: "Time spent",
  依据: "Clauses",
  办理中: "Here now",
  已走过: "Path taken",
  出现异常: "Incident",
  流程图工具: "Diagram tools",
  "{count} 处": "{count} here",
  "共办理 {count} 次": "Gone through {count} times",
};

// What the viewer itself says when a file cannot be shown.
const VIEWER = {
  "no diagram to display": "没有可以显示的图形",
  "no process or collaboration to display": "没有可以显示的流程",
  "element {element} referenced by {referenced}#{property} not yet drawn": "{referenced} 的 {property} 所指的 {element} 尚未画出",
  "{semantic}#{side} Ref not specified": "{semantic} 没有写明 {side}",
  "multiple DI elements defined for {element}": "{element} 有多个图形",
  "no bpmnElement referenced in {element}": "{element} 没有所属的元素",
  "diagram not part of definitions": "文件中没有这个图",
  Open: "打开",
  "Open {element}": "打开 {element}",
};

const english = () => document.documentElement.lang.startsWith("en");

function fill(sentence, values = {}) {
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

export function text(chinese, values) {
  return fill(english() ? (ENGLISH[chinese] ?? chinese) : chinese, values);
}

export const translation = {
  translate: ["value", (sentence, values) => fill(english() ? sentence : (VIEWER[sentence] ?? sentence), values)],
};
